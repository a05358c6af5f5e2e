"""Keeps from a guest's browser what LiveKit's signalling would hand it: tokens and other ways to the server."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import cast

from livekit.protocol.models import DisconnectReason
from livekit.protocol.rtc import LeaveRequest, SessionDescription, SignalResponse

Route = Callable[[str, int], Awaitable[tuple[str, int]]]
"""Gives the address and port at which a guest reaches this address and port of ours."""

_CANDIDATE = re.compile(r"(candidate:\S+ \d+ (?i:udp) \d+) (127\.\d+\.\d+\.\d+) (\d+) ")
"""A UDP candidate on loopback (RFC 8839, 5.1)."""


async def for_guest(message: bytes, route: Route | None) -> bytes | None:
    """A `SignalResponse` as a guest may have it; None for one that they may not.

    The server sends fresh tokens to those inside; one that got out would open the room again after the link has
    been revoked. With a `route`, loopback candidates are replaced by those that it gives. Raises
    `google.protobuf.message.DecodeError`.
    """
    response = SignalResponse()
    response.ParseFromString(message)
    match response.WhichOneof("message"):
        case "refresh_token":
            return None
        case "room_moved":
            response.room_moved.ClearField("token")
        case "join":
            response.join.ClearField("alternative_url")
        case "leave":
            response.leave.ClearField("regions")
        case "trickle" if route is not None:
            response.trickle.candidateInit = await _routed_init(
                response.trickle.candidateInit, route
            )
        case "offer" | "answer" as kind if route is not None:
            description = cast("SessionDescription", getattr(response, kind))
            description.sdp = await _routed(description.sdp, route)
        case _:
            return message
    return response.SerializeToString()


def put_out() -> bytes:
    """What tells a guest's client that they have been removed and shall not come back."""
    leave = LeaveRequest(
        reason=DisconnectReason.PARTICIPANT_REMOVED, action=LeaveRequest.Action.DISCONNECT
    )
    return SignalResponse(leave=leave).SerializeToString()


async def _routed_init(candidate_init: str, route: Route) -> str:
    init: dict[str, object] = json.loads(candidate_init)
    init["candidate"] = await _routed(str(init["candidate"]), route)
    return json.dumps(init)


async def _routed(text: str, route: Route) -> str:
    parts: list[str] = []
    end = 0
    for found in _CANDIDATE.finditer(text):
        address, port = await route(found[2], int(found[3]))
        parts += [text[end : found.start()], f"{found[1]} {address} {port} "]
        end = found.end()
    return "".join([*parts, text[end:]])
