# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""A recogniser that fails: what becomes of what the caller says."""

from collections.abc import Iterator

import numpy as np
import pytest
import soundfile
import soxr

from app.domain.services import ServiceKind
from app.runtime.resources import resource
from tests.support.posted import report
from tests.support.relayed import cloud_preset, relayed, second_ear
from tests.support.small_pipeline import RATE_HZ, quiet
from tests.support.speaking.faults import Fault, Kind
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import Service

FIRST, SECOND = "Deepgram", "Deepgram (2)"
SLOW = (Kind.STALL, Kind.STALL_MIDWAY, Kind.DROP_MIDWAY, Kind.RATE_LIMIT)
"""The faults that differ in a later turn, where the connection stands."""


@pytest.fixture(scope="module")
def host() -> Iterator[SpeakingHost]:
    with SpeakingHost() as running:
        yield running


@pytest.fixture(autouse=True)
def _anew(host: SpeakingHost) -> None:
    host.reset()


def words() -> bytes:
    """A spoken question at the pipeline's rate."""
    samples, rate_hz = soundfile.read(resource("audio/closing_time.wav"), dtype="float32")
    return (soxr.resample(samples, rate_hz, RATE_HZ) * 32767).astype(np.int16).tobytes()


@pytest.mark.parametrize(
    ("kind", "turn"), [*((kind, 1) for kind in Kind), *((kind, 4) for kind in SLOW)]
)
async def test_another_recogniser_hears_the_turn_in_hand(
    host: SpeakingHost, kind: Kind, turn: int
) -> None:
    host.script.set_fault(Service.DEEPGRAM, Fault(kind, from_turn=turn, handshakes=turn == 1))

    async with relayed(cloud_preset(host, stt=[second_ear(host)])) as talk:
        await talk.hear(quiet(0.3), within_s=0.0)
        answers = [await talk.hear(words()) for _ in range(turn)]
        answer = answers[-1]

    after = "nothing" if answer.after_s is None else f"{answer.after_s:.2f} s"
    told = "; ".join(f"{each.before} > {each.after}: {each.why}" for each in talk.switches)
    report(f"stt | {kind.value} | turn {turn} | fallback | {after} | {answer.text!r} | {told}")
    assert talk.asked() == [f"This is utterance {number + 1}." for number in range(turn)]
    assert answer.text == f"You said: This is utterance {turn}."
    assert answer.after_s is not None
    assert answer.after_s < 5.0
    assert [(each.part, each.before, each.after) for each in talk.switches] == [
        (ServiceKind.STT, FIRST, SECOND)
    ]


async def test_alone_a_dropped_socket_is_opened_again_and_the_turn_is_heard(
    host: SpeakingHost,
) -> None:
    host.script.set_fault(Service.DEEPGRAM, Fault(Kind.DROP_MIDWAY, times=1))

    async with relayed(cloud_preset(host)) as talk:
        await talk.hear(quiet(0.3), within_s=0.0)
        answer = await talk.hear(words(), within_s=12.0)

    assert talk.asked() == ["This is utterance 1."]
    assert answer.text == "You said: This is utterance 1."
