"""A voice that fails: what the caller hears, and after how long."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from app.agent.fallback.speaking import Recorded
from app.domain.presets import Failover
from app.domain.services import ServiceKind
from tests.support.posted import report
from tests.support.relayed import Answered, cloud_preset, relayed, second_voice
from tests.support.speaking.faults import MIDWAY, Fault, Kind
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import Service

FIRST, SECOND = "Cartesia a-voice", "ElevenLabs a-voice"
LINE = Recorded("One moment, please.", np.zeros(24_000, np.int16).tobytes(), 24_000)


@pytest.fixture(scope="module")
def host() -> Iterator[SpeakingHost]:
    with SpeakingHost() as running:
        yield running


@pytest.fixture(autouse=True)
def _anew(host: SpeakingHost) -> None:
    host.reset()


def tell(kind: Kind, turn: int, way: str, answer: Answered) -> None:
    after = "nothing" if answer.after_s is None else f"{answer.after_s:.2f} s"
    told = "; ".join(
        f"{each.before} > {each.after or 'nobody'}: {each.why}" for each in answer.switches
    )
    figures = f"{after} | {answer.sound_s:.2f} s of sound | {answer.text!r}"
    report(f"tts | {kind.value} | turn {turn} | {way} | {figures} | {told}")


@pytest.mark.parametrize("turn", [1, 4])
@pytest.mark.parametrize("kind", list(Kind))
async def test_another_voice_says_the_rest(host: SpeakingHost, kind: Kind, turn: int) -> None:
    host.script.set_fault(Service.CARTESIA, Fault(kind, from_turn=turn))

    async with relayed(cloud_preset(host, tts=[second_voice(host)])) as talk:
        answers = [await talk.ask(f"question {number + 1}") for number in range(turn)]
        answer = answers[-1]

    tell(kind, turn, "fallback", answer)
    assert answer.text == f"You said: question {turn}."
    assert answer.after_s is not None
    assert answer.after_s < 5.0
    # A whole answer takes 1.6 s; of one that broke off the second voice says the words that were left.
    assert 1.1 < answer.sound_s < 2.0
    assert [(each.part, each.before, each.after) for each in answer.switches] == [
        (ServiceKind.TTS, FIRST, SECOND)
    ]


@pytest.mark.parametrize("turn", [1, 4])
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in MIDWAY])
async def test_alone_the_line_is_played_as_recorded(
    host: SpeakingHost, kind: Kind, turn: int
) -> None:
    host.script.set_fault(Service.CARTESIA, Fault(kind, from_turn=turn))

    async with relayed(cloud_preset(host), recorded=LINE) as talk:
        answers = [await talk.ask(f"question {number + 1}") for number in range(turn)]
        answer = answers[-1]

    tell(kind, turn, "alone", answer)
    assert answer.text == LINE.text
    assert answer.after_s is not None
    assert answer.after_s < 5.0


async def test_an_answer_of_several_sentences_is_one_speech(host: SpeakingHost) -> None:
    said = "We open at nine. We close at five. On Sundays we are closed."
    host.script.set_answers([said])
    host.script.set_fault(Service.CARTESIA, Fault(Kind.STALL, from_turn=2))

    async with relayed(cloud_preset(host, tts=[second_voice(host)])) as talk:
        answer = await talk.ask("question 1")

    assert answer.text == said
    assert len(answer.switches) == 1


async def test_a_greeting_falls_back_too(host: SpeakingHost) -> None:
    host.script.set_fault(Service.CARTESIA, Fault(Kind.UNAUTHORIZED, handshakes=True))
    preset = replace(
        cloud_preset(host, tts=[second_voice(host)]), failover=Failover(first_token_s=1.0)
    )

    async with relayed(preset) as talk:
        answer = await talk.say("Welcome to the library.")

    assert answer.text == "Welcome to the library."
    assert answer.after_s is not None
