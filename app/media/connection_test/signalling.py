"""Whether a participant can join: the WebSocket, the server's greeting, and where it waits for media."""

import asyncio
from http import HTTPStatus

import aiohttp
from livekit.protocol import rtc as protocol

from app.domain.step_outcome import Outcome, failed, ok
from app.media.connection_test.candidates import Candidate, Offer, parse_candidate
from app.media.connection_test.rejection import reason_of
from app.media.connection_test.temporary_room import open_temporary_room
from app.media.connection_test.trial import Trial

PROTOCOL = "16"
"""Of a client that gets its first offer from the server, with where it waits for media."""
JOIN_S = 8.0
CANDIDATES_S = 2.0
CLOSE_S = 1.0
QUIET_S = 0.3
"""No further address is expected after that."""


async def signalling(trial: Trial) -> Outcome:
    """Join by the signalling alone and leave again. Raises UserError when no room can be opened."""
    trial.room_opened = True
    await open_temporary_room(trial.access, trial.room)
    try:
        async with (
            asyncio.timeout(JOIN_S),
            trial.http.ws_connect(
                f"{trial.url.http}/rtc",
                params={"protocol": PROTOCOL, "auto_subscribe": "1"},
                headers={"Authorization": f"Bearer {trial.token('signalling')}"},
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S),  # pyright: ignore[reportCallIssue]
            ) as socket,
        ):
            join = await _join(socket)
            if join is None:
                return failed("the server answers in a way that is not LiveKit's", PROXY)
            found = await _candidates(socket)
    except aiohttp.WSServerHandshakeError as error:
        return _refused(error)
    except aiohttp.ClientError as error:
        return failed(f"the WebSocket broke ({type(error).__name__})", PROXY)
    urls = tuple(url for server in join.ice_servers for url in server.urls)
    trial.offer = Offer(found, urls)
    return ok(_words(join))


async def _join(socket: aiohttp.ClientWebSocketResponse) -> protocol.JoinResponse | None:
    message = await socket.receive()
    if message.type is not aiohttp.WSMsgType.BINARY:
        return None
    response = protocol.SignalResponse.FromString(message.data)
    return response.join if response.HasField("join") else None


async def _candidates(socket: aiohttp.ClientWebSocketResponse) -> tuple[Candidate, ...]:
    """Where the server waits for media; nothing when it does not say so of itself."""
    found: list[Candidate] = []
    try:
        async with asyncio.timeout(CANDIDATES_S):
            while not found or len({c.protocol for c in found}) < 2:
                async with asyncio.timeout(QUIET_S if found else None):
                    message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.BINARY:
                    break
                response = protocol.SignalResponse.FromString(message.data)
                candidate = parse_candidate(response.trickle.candidateInit or "{}")
                found += [candidate] if candidate else []
    except TimeoutError:
        pass
    return tuple(found)


def _words(join: protocol.JoinResponse) -> str:
    version = join.server_info.version or join.server_version
    region = join.server_info.region or join.server_region
    parts = ["joined", f"livekit-server {version}" if version else ""]
    return ", ".join(part for part in [*parts, f"region {region}" if region else ""] if part)


def _refused(error: aiohttp.WSServerHandshakeError) -> Outcome:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return failed("the server rejects the token at the door", "Run the test again.")
    return failed(f"no WebSocket: {reason_of(error.message)} ({error.status})", PROXY)


PROXY = "A proxy in between does not pass WebSockets: let it upgrade the connection at /rtc."
