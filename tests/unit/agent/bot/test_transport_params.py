# pyright: reportPrivateUsage=false, reportUnknownMemberType=false
import pipecat.runner.utils as runner_utils
import pytest
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.livekit.transport import LiveKitParams

from app.agent.bot import transport_params
from app.agent.bot.transport_params import OUTPUT_QUEUE_MS, for_livekit


@pytest.fixture(autouse=True)
def _installed() -> None:  # pyright: ignore[reportUnusedFunction]
    transport_params.install()
    transport_params.install()


def params(**given: TransportParams) -> object:
    named = {name: lambda value=value: value for name, value in given.items()}
    return runner_utils._get_transport_params("livekit", named)


def test_a_bot_without_parameters_for_livekit_gets_those_of_another_transport():
    webrtc = TransportParams(audio_in_enabled=True, audio_out_10ms_chunks=2)
    taken = params(daily=TransportParams(), webrtc=webrtc)

    assert isinstance(taken, LiveKitParams)
    assert taken.audio_in_enabled
    assert taken.audio_out_10ms_chunks == 2
    assert not taken.audio_out_enabled
    assert not taken.audio_in_user_tracks
    assert taken.audio_out_queue_size_ms == OUTPUT_QUEUE_MS


def test_a_telephone_lines_sample_rates_are_not_for_a_room():
    line = TransportParams(
        audio_in_enabled=True, audio_in_sample_rate=8000, audio_out_sample_rate=8000
    )
    taken = params(twilio=line)

    assert isinstance(taken, LiveKitParams)
    assert taken.audio_in_enabled
    assert taken.audio_in_sample_rate is taken.audio_out_sample_rate is None
    assert for_livekit(line).audio_in_sample_rate == 8000


def test_what_a_bot_says_of_livekit_stays_as_it_is():
    own = LiveKitParams(audio_in_enabled=True)

    assert params(livekit=own, webrtc=TransportParams()) is own


def test_where_there_is_nothing_to_take_pipecat_says_so():
    with pytest.raises(ValueError, match="Missing transport params for 'livekit'"):
        params()
    with pytest.raises(ValueError, match="Missing transport params for 'daily'"):
        runner_utils._get_transport_params("daily", {"webrtc": TransportParams})
