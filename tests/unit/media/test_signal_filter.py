"""What of LiveKit's signalling reaches a guest."""

import json

import pytest
from google.protobuf.message import DecodeError
from livekit.protocol.models import DisconnectReason
from livekit.protocol.rtc import (
    JoinResponse,
    LeaveRequest,
    RegionInfo,
    RegionSettings,
    RoomMovedResponse,
    SessionDescription,
    SignalResponse,
    TrickleRequest,
)

from app.media.signal_filter import for_guest, put_out

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJyb29tIjoiciJ9.c2ln"
CANDIDATE = "candidate:2147 1 udp 2130706431 127.0.0.1 7882 typ host ufrag aBcD"


async def routed(address: str, port: int) -> tuple[str, int]:
    assert (address, port) == ("127.0.0.1", 7882)
    return "192.168.1.20", 40_000


async def read(response: SignalResponse, *, on_network: bool = False) -> SignalResponse:
    message = await for_guest(response.SerializeToString(), routed if on_network else None)
    assert message is not None
    back = SignalResponse()
    back.ParseFromString(message)
    return back


async def test_a_fresh_token_stays_here():
    message = SignalResponse(refresh_token=TOKEN).SerializeToString()

    assert await for_guest(message, None) is None
    assert await for_guest(message, routed) is None


async def test_the_token_of_a_move_stays_here():
    moved = SignalResponse(room_moved=RoomMovedResponse(token=TOKEN))

    assert (await read(moved)).room_moved.token == ""


async def test_other_ways_to_the_server_stay_here():
    join = SignalResponse(join=JoinResponse(alternative_url="wss://other", server_version="1.13.5"))
    regions = RegionSettings(regions=[RegionInfo(url="wss://other")])
    leave = SignalResponse(leave=LeaveRequest(regions=regions, action=LeaveRequest.Action.RESUME))

    joined, left = await read(join), await read(leave)

    assert joined.join.alternative_url == ""
    assert joined.join.server_version == "1.13.5"
    assert not left.leave.regions.regions
    assert left.leave.action == LeaveRequest.Action.RESUME


async def test_the_rest_passes_as_it_is():
    message = SignalResponse(pong=7).SerializeToString()

    assert await for_guest(message, None) == message
    trickle = SignalResponse(trickle=TrickleRequest(candidateInit=CANDIDATE)).SerializeToString()
    assert await for_guest(trickle, None) == trickle


async def test_guests_on_the_network_are_led_to_the_relay():
    init = json.dumps({"candidate": CANDIDATE, "sdpMid": "0"})
    sdp = f"v=0\r\nc=IN IP4 127.0.0.1\r\na={CANDIDATE}\r\na={CANDIDATE.replace('udp', 'UDP')}\r\n"
    offer = SignalResponse(offer=SessionDescription(type="offer", sdp=sdp))

    trickled = await read(
        SignalResponse(trickle=TrickleRequest(candidateInit=init)), on_network=True
    )
    offered = await read(offer, on_network=True)

    candidate = json.loads(trickled.trickle.candidateInit)
    assert candidate["candidate"] == CANDIDATE.replace("127.0.0.1 7882", "192.168.1.20 40000")
    assert candidate["sdpMid"] == "0"
    assert offered.offer.sdp.count("192.168.1.20 40000 typ host") == 2
    assert "7882" not in offered.offer.sdp


@pytest.mark.parametrize("other", ["10.0.0.5 7882 typ host", "203.0.113.7 9 typ srflx"])
async def test_addresses_that_guests_can_reach_are_left_alone(other: str):
    init = json.dumps({"candidate": f"candidate:1 1 udp 1 {other}"})

    answer = await read(SignalResponse(trickle=TrickleRequest(candidateInit=init)), on_network=True)

    assert json.loads(answer.trickle.candidateInit) == json.loads(init)


async def test_what_is_no_signalling_is_refused():
    with pytest.raises(DecodeError):
        await for_guest(b"\xff\xff\xff", None)


def test_who_is_put_out_is_told_not_to_come_back():
    response = SignalResponse()
    response.ParseFromString(put_out())

    assert response.leave.reason == DisconnectReason.PARTICIPANT_REMOVED
    assert response.leave.action == LeaveRequest.Action.DISCONNECT
