"""Whether media gets through, over UDP and over TCP."""

import asyncio

from livekit import rtc
from livekit.rtc._proto.room_pb2 import SimulateScenarioKind

from app.domain.step_outcome import Outcome, failed, ok, skipped, warning
from app.media.connection_test.candidates import Candidate, in_words
from app.media.connection_test.path import MediaPath
from app.media.connection_test.trial import Trial

DIRECT = rtc.RoomOptions(
    connect_timeout=5.0,
    single_peer_connection=False,
    rtc_config=rtc.RtcConfiguration(
        continual_gathering_policy=rtc.ContinualGatheringPolicy.GATHER_ONCE
    ),
)
"""Any path, chosen as a call would choose it."""
MEDIA_S = 8.0
"""Connecting takes 0.1 s in a local network; over TCP alone 1.3 s, since UDP is waited for."""
BETTER_PATH_S = 1.5
"""WebRTC takes the first path that works, and changes to a better one that answers later."""
PORT_S = 2.0


async def over_udp(trial: Trial) -> Outcome:
    """Join as a call does and see which path it took. The SDK cannot be held to UDP. Raises UserError."""
    ports = in_words(trial.offer.ports("udp"), "udp")
    remedy = f"A firewall blocks UDP: open {ports} on the server, or use TURN."
    try:
        async with asyncio.timeout(MEDIA_S):
            trial.direct = await trial.join("direct", DIRECT)
    except TimeoutError:
        return failed(f"no answer on {ports}, and no other way for media", remedy)
    trial.way = DIRECT
    path = await trial.direct.path()
    if path is not None and path.protocol != "udp":
        await asyncio.sleep(BETTER_PATH_S)
        path = await trial.direct.path()
    if path is None:
        return failed("media was connected, and is lost again", "Look at the server's log.")
    if path.protocol == "udp" and not path.relayed:
        return ok(connected(path))
    instead = "the relay" if path.relayed else "TCP"
    return failed(f"no answer on {ports}; media goes over {instead} instead", remedy)


async def over_tcp(trial: Trial) -> Outcome:
    """Have the server hold a participant to TCP, unless there was no other way already. Raises UserError."""
    waiting = [c for c in trial.offer.candidates if c.protocol == "tcp"]
    if trial.offer.candidates and not waiting:
        return _none_offered(trial)
    if trial.direct is None or trial.way is None:
        return await _unanswered(waiting)
    path = await trial.direct.path()
    if path is not None and path.protocol == "tcp":
        return ok(connected(path))
    return await _held_to_tcp(trial, waiting)


def connected(path: MediaPath) -> str:
    return f"connected to {_at(path.address, path.port)}, {round_trip(path)}"


def round_trip(path: MediaPath) -> str:
    """A path's round trip in words."""
    ms = path.round_trip_ms
    return f"{ms:.0f} ms round trip" if ms >= 1 else "under 1 ms round trip"


async def _held_to_tcp(trial: Trial, waiting: list[Candidate]) -> Outcome:
    party = await trial.join("tcp", DIRECT)
    party.forget_states()
    ports = in_words(sorted({c.port for c in waiting}), "tcp")
    remedy = f"Open {ports} on the server."
    try:
        async with asyncio.timeout(MEDIA_S):
            await party.room.simulate_scenario(SimulateScenarioKind.SIMULATE_FORCE_TCP)
            back = await party.came_back()
            path = await party.path() if back else None
    except TimeoutError:
        return failed(f"no answer on {ports}", remedy)
    if path is None:
        return failed(f"the connection was lost on the way to {ports}", remedy)
    if path.protocol != "tcp":
        return warning("not tested: the server keeps to UDP when it is asked for TCP")
    return ok(connected(path))


async def _unanswered(waiting: list[Candidate]) -> Outcome:
    """No media came through by any path: tell a blocked port from one that answers."""
    if not waiting:
        return failed("no media by TCP either", "Let the server's media ports through.")
    ports = in_words(sorted({c.port for c in waiting}), "tcp")
    answered = [candidate for candidate in waiting if await _listens(candidate)]
    if answered:
        return failed(
            f"{ports} takes connections and no media comes",
            "Look at the server's log: rtc.node_ip?",
        )
    return failed(f"no answer on {ports}", f"Open {ports} on the server.")


async def _listens(candidate: Candidate) -> bool:
    try:
        async with asyncio.timeout(PORT_S):
            _, writer = await asyncio.open_connection(candidate.address, candidate.port)
    except OSError:
        return False
    writer.close()
    return True


def _none_offered(trial: Trial) -> Outcome:
    if trial.on_this_computer:
        return skipped("none offered, and none needed: no firewall lies between")
    return warning(
        "the server offers none: who is behind a firewall that blocks UDP cannot talk",
        "Set rtc.tcp_port on the server (7881 by custom), and open it.",
    )


def _at(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
