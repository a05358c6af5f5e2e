"""Whether media gets through by the server's relay alone."""

import asyncio

from livekit import rtc

from app.domain.step_outcome import Outcome, failed, ok, skipped
from app.media.connection_test.media import round_trip
from app.media.connection_test.trial import Trial

RELAYED = rtc.RoomOptions(
    connect_timeout=5.0,
    single_peer_connection=False,
    rtc_config=rtc.RtcConfiguration(
        ice_transport_type=rtc.IceTransportType.TRANSPORT_RELAY,
        continual_gathering_policy=rtc.ContinualGatheringPolicy.GATHER_ONCE,
    ),
)
"""Nothing but relays; with no list of its own the SDK takes the server's, with its credentials."""
RELAY_S = 10.0
"""A relay on the same computer takes 2.1 s."""


async def relay(trial: Trial) -> Outcome:
    """Join by TURN alone. Raises UserError."""
    if not trial.offer.relays:
        return skipped("the server offers none")
    relays = ", ".join(trial.offer.relays)
    trial.tell(f"trying {relays}")
    try:
        async with asyncio.timeout(RELAY_S):
            party = await trial.join("relay", RELAYED)
    except TimeoutError:
        return failed(
            f"no answer by {relays}",
            "Open TURN's port and its relay range on the server; for turns: check its certificate.",
        )
    trial.way = trial.way or RELAYED
    path = await party.path()
    if path is None or not path.relayed:
        return failed("connected, and not by the relay", "Look at the server's log.")
    return ok(f"connected by {path.relay_url}, {round_trip(path)}")
