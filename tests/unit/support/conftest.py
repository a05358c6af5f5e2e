"""A host that answers fast."""

from collections.abc import Iterator

import pytest

from tests.support.speaking.host import SpeakingHost


@pytest.fixture
def host() -> Iterator[SpeakingHost]:
    with SpeakingHost() as host:
        host.script.set_delays(stt_final_ms=20, llm_first_token_ms=20, llm_token_ms=1)
        host.script.set_delays(tts_first_audio_ms=20, tts_speed=100)
        yield host
