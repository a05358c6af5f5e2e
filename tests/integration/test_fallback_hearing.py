# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""A recogniser that fails: what becomes of what the caller says."""

from collections.abc import Iterator

import numpy as np
import pytest
import soundfile
import soxr

from app.domain.services import ServiceKind
from app.runtime.resources import resource
from tests.support.posted import report, until
from tests.support.relayed import cloud_preset, relayed, second_ear
from tests.support.small_pipeline import RATE_HZ, quiet
from tests.support.speaking.faults import Fault, Kind
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import Service, What

FIRST, SECOND = "Deepgram", "Deepgram (2)"
LINE = "One moment, please."
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


@pytest.mark.parametrize(("kind", "turn"), [(Kind.UNAUTHORIZED, 1), (Kind.STALL, 2)])
async def test_alone_and_unheard_the_caller_is_told_the_line(
    host: SpeakingHost, kind: Kind, turn: int
) -> None:
    host.script.set_fault(Service.DEEPGRAM, Fault(kind, from_turn=turn, handshakes=turn == 1))

    async with relayed(cloud_preset(host)) as talk:
        await talk.hear(quiet(0.3), within_s=0.0)
        answers = [await talk.hear(words()) for _ in range(turn)]
        answer = answers[-1]

    assert answer.text == LINE
    assert answer.after_s is not None
    assert answer.after_s < 5.0
    assert [each.after for each in talk.switches] == [""]


async def test_the_line_is_said_where_the_one_is_silent_and_the_other_not_there(
    host: SpeakingHost,
) -> None:
    host.script.set_fault(Service.DEEPGRAM, Fault(Kind.STALL))
    refused = Fault(Kind.UNAUTHORIZED, handshakes=True)
    host.script.set_fault(f"second_{Service.DEEPGRAM}", refused)

    async with relayed(cloud_preset(host, stt=[second_ear(host)])) as talk:
        await talk.hear(quiet(0.3), within_s=0.0)
        answer = await talk.hear(words())

    assert answer.text == LINE
    assert [each.why for each in talk.switches] == ["nothing came, for 1.5 s"]


async def test_alone_and_refused_at_the_start_it_hears_as_soon_as_it_can(
    host: SpeakingHost,
) -> None:
    host.script.set_fault(Service.DEEPGRAM, Fault(Kind.SERVER_ERROR, handshakes=True))

    async with relayed(cloud_preset(host)) as talk:
        host.script.heal()
        await until(lambda: connected(host), 12, "another connection")
        await talk.hear(quiet(0.3), within_s=0.0)
        answer = await talk.hear(words())

    assert answer.text == "You said: This is utterance 1."


async def test_alone_a_dropped_socket_is_opened_again_and_the_turn_is_heard(
    host: SpeakingHost,
) -> None:
    host.script.set_fault(Service.DEEPGRAM, Fault(Kind.DROP_MIDWAY, times=1))

    async with relayed(cloud_preset(host)) as talk:
        await talk.hear(quiet(0.3), within_s=0.0)
        line = await talk.hear(words())
        answer = await talk.hear(quiet(0.1))

    assert line.text == LINE
    assert talk.asked() == ["This is utterance 1."]
    assert answer.text == "You said: This is utterance 1."


def connected(host: SpeakingHost) -> bool:
    return any(each.what is What.CONNECTED for each in host.script.entries())
