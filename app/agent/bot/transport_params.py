# pyright: reportPrivateUsage=false, reportUnknownMemberType=false
"""Gives bots that name no parameters for LiveKit those they name for another transport.

Pipecat's scaffolds list the transports that were asked for; a bot made for Daily or WebRTC runs in a LiveKit room all
the same, with the same audio.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pipecat.runner.utils as runner_utils
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.livekit.transport import LiveKitParams

from app.domain.errors import MissingRequirementError

LIVEKIT = "livekit"
LIKE_IT = ("webrtc", "daily", "websocket", "twilio", "telnyx", "plivo", "exotel")
"""Whose parameters are taken instead, the first that is there."""
TELEPHONE = frozenset({"twilio", "telnyx", "plivo", "exotel"})
NOT_FOR_A_ROOM = frozenset({"audio_in_sample_rate", "audio_out_sample_rate"})
"""What a telephone line asks for."""
OUTPUT_QUEUE_MS = 200

_Params = Mapping[str, Callable[[], Any]]
_stock: Callable[[str, _Params], Any] | None = None


def install() -> None:
    """Have `create_transport` fall back. A second call changes nothing.

    Raises MissingRequirementError when this Pipecat has another way.
    """
    global _stock
    if _stock is not None:
        return
    stock = getattr(runner_utils, "_get_transport_params", None)
    if stock is None:
        raise MissingRequirementError(
            "This Pipecat's runner lacks _get_transport_params.",
            "pip install 'pipecat-ai>=1.14,<1.15'",
        )
    _stock = stock
    runner_utils._get_transport_params = _params  # noqa: SLF001


def _params(key: str, given: _Params) -> Any:
    assert _stock is not None
    other = next((name for name in LIKE_IT if name in given), None)
    if key != LIVEKIT or key in given or other is None:
        return _stock(key, given)
    return for_livekit(given[other](), telephone=other in TELEPHONE)


def for_livekit(params: TransportParams, *, telephone: bool = False) -> LiveKitParams:
    """The same parameters for a LiveKit room, everybody in it mixed to one stream."""
    taken = params.model_fields_set & TransportParams.model_fields.keys()
    if telephone:
        taken -= NOT_FOR_A_ROOM
    return LiveKitParams(
        **{name: getattr(params, name) for name in taken},
        audio_in_user_tracks=False,
        audio_out_queue_size_ms=OUTPUT_QUEUE_MS,
    )
