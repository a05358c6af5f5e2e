"""The ear in a real room: who is there, how loud they are, and when they spoke."""

import asyncio
import os
import signal
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Literal

import numpy as np
import psutil
import pytest
from livekit import api, rtc

from app.domain.access import RoomAccess, ServerAccess
from app.domain.errors import UserError
from app.domain.facts import (
    ConnectionChanged,
    Edge,
    Lane,
    LaneSummarised,
    LevelMeasured,
    ListeningStarted,
    ParticipantJoined,
    ParticipantLeft,
    Role,
    ServerRestarted,
    SpeechEdge,
    Tap,
)
from app.media import tokens
from app.media.connection import EAR_OPTIONS, RoomConnection, settle_abandoned
from app.media.ear import Ear
from app.media.rooms import Rooms
from app.media.server import EmbeddedServer
from app.media.server_binary import find_livekit_server
from app.runtime.clock import AnchoredClock
from tests.support.livekit import BLOCK, Participant, on, silence, tone
from tests.support.posted import Posted, report, until

CLOCK = AnchoredClock()


class Kept:
    """A recorder that keeps all in memory."""

    def __init__(self) -> None:
        self.written: dict[tuple[Lane, str], int] = defaultdict(int)

    def write(self, lane: Lane, source: str, at: float, pcm: bytes, sample_rate_hz: int) -> None:
        assert sample_rate_hz == 48_000
        assert abs(at - CLOCK.now()) < 5.0
        self.written[lane, source] += len(pcm) // 2


def caller(server: ServerAccess, room: str, identity: str = "caller") -> Participant:
    return Participant(tokens.caller_access(server, room, identity))


def agent(server: ServerAccess, room: str) -> Participant:
    return Participant(tokens.agent_access(server, room, "agent", "Robin"))


async def join(server: ServerAccess, room: str, posted: Posted, kept: Kept | None = None) -> Ear:
    ear = Ear(posted, CLOCK, kept)
    await ear.join(tokens.ear_access(server, room, "ear"))
    return ear


def edges(posted: Posted, lane: Lane, edge: Edge) -> list[SpeechEdge]:
    return [f for f in posted.of(SpeechEdge) if f.lane is lane and f.edge is edge]


async def test_says_who_comes_and_goes(livekit_server: ServerAccess, room: str) -> None:
    posted = Posted()
    bot = agent(livekit_server, room)
    await bot.join()
    ear = await join(livekit_server, room, posted)
    guest = caller(livekit_server, room)
    await guest.join()
    await until(lambda: len(posted.of(ParticipantJoined)) == 2, 5)

    await guest.leave()
    await until(lambda: posted.of(ParticipantLeft), 5)
    await ear.leave()

    joined = [(f.identity, f.name, f.role) for f in posted.of(ParticipantJoined)]
    assert joined == [("agent", "Robin", Role.AGENT), ("caller", "caller", Role.CALLER)]
    left = posted.of(ParticipantLeft)
    assert [(f.identity, f.reason) for f in left] == [("caller", "it left")]
    listening = posted.of(ListeningStarted)
    assert [f.identity for f in listening] == ["ear"]
    assert [f.state for f in posted.of(ConnectionChanged)] == ["connected", "left"]
    await bot.leave()


async def test_knows_those_whose_token_names_no_role(
    livekit_server: ServerAccess, room: str
) -> None:
    posted = Posted()
    ear = await join(livekit_server, room, posted)
    strangers = [
        Participant(_foreign_access(livekit_server, room, kind)) for kind in ("agent", "standard")
    ]
    for stranger in strangers:
        await stranger.join()
    await until(lambda: len(posted.of(ParticipantJoined)) == 2, 5)
    await ear.leave()

    roles = {f.identity: f.role for f in posted.of(ParticipantJoined)}
    assert roles == {"foreign agent": Role.AGENT, "foreign standard": Role.CALLER}
    for stranger in strangers:
        await stranger.leave()


def _foreign_access(
    server: ServerAccess, room: str, kind: Literal["agent", "standard"]
) -> RoomAccess:
    """A token as somebody else mints it."""
    grants = api.VideoGrants(room_join=True, room=room)
    token = api.AccessToken(server.api_key, server.api_secret).with_identity(f"foreign {kind}")
    token.with_kind(kind).with_grants(grants)
    return RoomAccess(server.url, room, f"foreign {kind}", token.to_jwt())


async def test_nobody_sees_it(livekit_server: ServerAccess, room: str) -> None:
    guest = caller(livekit_server, room)
    await guest.join()
    ear = await join(livekit_server, room, Posted())

    inside = await Rooms(livekit_server).people(room)

    assert {(found.identity, found.permissions.hidden) for found in inside} == {
        ("caller", False),
        ("ear", True),
    }
    assert list(guest.room.remote_participants) == []
    await ear.leave()
    await guest.leave()


async def test_a_reconnect_is_no_leave(livekit_server: ServerAccess, room: str) -> None:
    posted, kept = Posted(), Kept()
    ear = await join(livekit_server, room, posted, kept)
    guest = caller(livekit_server, room)
    seen_leaving: list[str] = []
    await guest.join()
    await until(lambda: posted.of(ParticipantJoined), 5)
    watcher = caller(livekit_server, room, "watcher")

    def leaves(participant: rtc.RemoteParticipant) -> None:
        seen_leaving.append(participant.identity)

    on(watcher.room, "participant_disconnected", leaves)
    await watcher.join()

    await guest.room.simulate_scenario(rtc.SimulateScenarioKind.SIMULATE_FULL_RECONNECT)
    await until(lambda: seen_leaving, 10, "the reconnect")
    await until(lambda: "caller" in watcher.room.remote_participants, 10, "the return")
    await asyncio.sleep(2.2)  # Longer than a leave is held back.
    posted.facts.clear()
    await guest.say(np.concatenate([tone(0.5), silence(0.4)]))
    await until(lambda: edges(posted, Lane.CALLER, Edge.OFFSET), 5, "speech after the reconnect")

    assert posted.of(ParticipantLeft) == []
    assert posted.of(ParticipantJoined) == []
    await watcher.leave()
    await guest.leave()
    await ear.leave()


async def test_measures_levels_through_opus(livekit_server: ServerAccess, room: str) -> None:
    posted, kept = Posted(), Kept()
    ear = await join(livekit_server, room, posted, kept)
    guest = caller(livekit_server, room)
    await guest.join()

    await guest.say(np.concatenate([silence(0.5), tone(2.0, 1000, peak_dbfs=-20.0), silence(0.5)]))
    await until(lambda: edges(posted, Lane.CALLER, Edge.OFFSET), 5)
    await ear.leave()

    loud = [f for f in posted.sampled(LevelMeasured) if f.rms_dbfs > -40][5:-5]
    rms = float(np.median([f.rms_dbfs for f in loud]))
    peak = float(np.median([f.peak_dbfs for f in loud]))
    report(f"a sine of -20 dBFS peak reads {peak:.2f} peak, {rms:.2f} RMS")
    assert rms == pytest.approx(-23.01, abs=0.5)
    assert peak == pytest.approx(-20.0, abs=0.5)
    assert 25 <= len(loud) / (loud[-1].at - loud[0].at) <= 35
    (summary,) = posted.of(LaneSummarised)
    assert summary.lane is Lane.CALLER
    assert summary.rms_dbfs == pytest.approx(-23.01, abs=0.5)
    assert kept.written[Lane.CALLER, "caller"] > 2.5 * 48_000
    await guest.leave()


GAPS_S = (0.3, 0.75, 0.45, 0.6, 0.9, 0.35, 0.5, 0.65)


async def test_dates_speech_to_when_it_was_heard(livekit_server: ServerAccess, room: str) -> None:
    """The gap between two publishers, against the gap that their sources made."""
    posted = Posted()
    ear = await join(livekit_server, room, posted)
    guest, bot = caller(livekit_server, room), agent(livekit_server, room)
    await guest.join()
    await bot.join()
    await asyncio.gather(guest.say(silence(2.5)), bot.say(silence(2.5)))  # The buffers settle.
    posted.facts.clear()

    true_gaps = [await _exchange(guest, bot, gap_s) for gap_s in GAPS_S]
    await until(lambda: len(edges(posted, Lane.AGENT, Edge.OFFSET)) == len(GAPS_S), 5)
    await ear.leave()

    stops = edges(posted, Lane.CALLER, Edge.OFFSET)
    starts = edges(posted, Lane.AGENT, Edge.ONSET)
    assert len(stops) == len(starts) == len(GAPS_S)
    errors_ms = [
        1000 * (start.at - stop.at - gap_s)
        for start, stop, gap_s in zip(starts, stops, true_gaps, strict=True)
    ]
    p95 = float(np.percentile(np.abs(errors_ms), 95))
    uncertain = sum(f.uncertain for f in (*stops, *starts))
    report(
        f"gap errors {np.round(errors_ms, 1)} ms, p95 of abs {p95:.1f} ms, {uncertain} uncertain"
    )
    assert p95 <= 60.0
    assert {f.tap for f in starts} == {Tap.LISTENER}
    assert all(f.jitter_buffer_ms is not None and f.jitter_buffer_ms > 0 for f in starts)
    await guest.leave()
    await bot.leave()


async def _exchange(guest: Participant, bot: Participant, gap_s: float) -> float:
    """One publisher speaks, and the other after a gap; both sources run all the time. The gap made, in seconds."""
    ours = np.concatenate([tone(0.4, 500), silence(gap_s + 1.0)])
    theirs = np.concatenate([silence(0.4 + gap_s), tone(0.6, 1500), silence(0.4)])
    stopped, started = await asyncio.gather(
        _say_timed(guest, ours, 0.4), _say_timed(bot, theirs, 0.4 + gap_s)
    )
    return started - stopped


async def _say_timed(who: Participant, pcm: np.ndarray, mark_s: float) -> float:
    """Speak, and say when the sample at `mark_s` left the source."""
    left_at = 0.0
    for number in range(pcm.size // BLOCK):
        if number == round(mark_s * 100):
            left_at = CLOCK.now() + who.source.queued_duration
        await who.say(pcm[number * BLOCK : (number + 1) * BLOCK])
    return left_at


async def test_comes_back_by_itself_when_the_server_is_killed() -> None:
    posted = Posted()
    server = EmbeddedServer(find_livekit_server(), CLOCK)
    server.add_listener(posted.post)
    access = await server.start()
    await server.rooms.create("call")
    ear = await join(access, "call", posted)
    guest = caller(access, "call")
    await guest.join()
    await guest.say(np.concatenate([tone(0.4), silence(0.5)]))
    await until(lambda: edges(posted, Lane.CALLER, Edge.OFFSET), 5, "speech")
    posted.facts.clear()

    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await until(lambda: posted.of(ServerRestarted), 10, "the restart")
    deadline = time.monotonic() + 25
    while not edges(posted, Lane.CALLER, Edge.OFFSET):
        assert time.monotonic() < deadline, "no speech was heard after the restart"
        await guest.say(np.concatenate([tone(0.4), silence(0.5)]))

    states = [f.state for f in posted.of(ConnectionChanged)]
    assert states == ["reconnecting", "connected"]
    await asyncio.sleep(3.2)  # Longer than a leave is held back after a reconnect.
    assert posted.of(ParticipantLeft) == []
    await guest.leave()
    await ear.leave()
    await server.stop()


async def test_says_so_when_it_cannot_join(livekit_server: ServerAccess, room: str) -> None:
    stranger = ServerAccess(livekit_server.url, "somebody", "x" * 40)
    ear = Ear(Posted(), CLOCK)

    with pytest.raises(UserError, match=r"could not join.*rejects the token"):
        await ear.join(tokens.ear_access(stranger, room, "ear"))

    await ear.leave()


async def test_a_join_that_is_given_up_is_left_once_it_is_done(
    livekit_server: ServerAccess, room: str
) -> None:
    access = tokens.ear_access(livekit_server, room, "ear")
    connection = RoomConnection(access, Posted(), CLOCK, EAR_OPTIONS)
    joining = asyncio.get_running_loop().create_task(connection.open())
    await asyncio.sleep(0)

    joining.cancel()
    await asyncio.gather(joining, return_exceptions=True)
    await settle_abandoned()

    assert not connection.room.isconnected()
    await _empty(Rooms(livekit_server), room)


async def _empty(rooms: Rooms, room: str) -> None:
    """Wait until nobody is in the room."""
    deadline = time.monotonic() + 5
    while await rooms.people(room):
        assert time.monotonic() < deadline, "somebody is still in the room"
        await asyncio.sleep(0.05)


async def test_is_told_when_it_is_removed(livekit_server: ServerAccess, room: str) -> None:
    posted = Posted()
    ear = await join(livekit_server, room, posted)

    await Rooms(livekit_server).remove_participant(room, "ear")
    await until(lambda: len(posted.of(ConnectionChanged)) == 2, 5)

    lost = posted.of(ConnectionChanged)[-1]
    assert (lost.state, lost.reason) == ("lost", "it was removed from the room")
    await ear.leave()


async def test_leaves_nothing_behind(livekit_server: ServerAccess, room: str) -> None:
    guest = caller(livekit_server, room)
    await guest.join()
    await guest.say(tone(0.1))

    async def come_and_go() -> None:
        posted = Posted()
        ear = await join(livekit_server, room, posted)
        await until(lambda: posted.samples, 5, "audio")
        await ear.leave()

    await come_and_go()
    before = _held()
    for _ in range(10):
        await come_and_go()
    await until(lambda: _held() == before, 3, f"return to {before} from {_held()}")
    await guest.leave()


def _held() -> tuple[int, int, int]:
    """File descriptors, threads and tasks."""
    folder = Path("/proc/self/fd")
    fds = len(list(folder.iterdir())) if folder.is_dir() else psutil.Process().num_fds()
    return fds, threading.active_count(), len(asyncio.all_tasks())
