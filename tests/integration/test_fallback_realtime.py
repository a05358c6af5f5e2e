# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""A speech-to-speech service that fails: what the caller hears, and after how long."""

from collections.abc import Iterator

import numpy as np
import pytest
import soundfile
import soxr
from pipecat.services.llm_service import FunctionCallParams

from app.agent.fallback.speaking import Recorded
from app.domain.services import ServiceKind
from app.runtime.resources import resource
from tests.support.posted import report, until
from tests.support.relayed import Answered, Relayed, realtime_preset, relayed, second_realtime
from tests.support.small_pipeline import RATE_HZ, quiet
from tests.support.speaking.faults import Fault, Kind
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import Entry, Service, What
from tests.support.speaking.sound import voice

FIRST, SECOND = "OpenAI realtime gpt-realtime", "OpenAI realtime gpt-realtime-mini"
SECOND_REALTIME = f"second_{Service.REALTIME}"
LINE = "One moment, please."
SPEECH_S = 1.2
MIDWAY = (Kind.STALL_MIDWAY, Kind.DROP_MIDWAY)
SILENT = (Kind.STALL, Kind.GARBAGE)
LATER = (Kind.RATE_LIMIT, Kind.STALL, Kind.DROP_MIDWAY)
"""The faults that are tried in the fourth turn too, where a conversation stands behind it."""


@pytest.fixture(scope="module")
def host() -> Iterator[SpeakingHost]:
    with SpeakingHost() as running:
        yield running


@pytest.fixture(autouse=True)
def _anew(host: SpeakingHost) -> None:
    host.reset()


def words() -> bytes:
    """The beginning of a spoken question, at the pipeline's rate."""
    samples, rate_hz = soundfile.read(resource("audio/closing_time.wav"), dtype="float32")
    samples = samples[: int(SPEECH_S * rate_hz)]
    return (soxr.resample(samples, rate_hz, RATE_HZ) * 32767).astype(np.int16).tobytes()


def line() -> Recorded:
    return Recorded(LINE, voice(LINE, RATE_HZ).tobytes(), RATE_HZ)


def entries(host: SpeakingHost, service: str, what: What) -> list[Entry]:
    found = host.script.entries()
    return [each for each in found if each.service == service and each.what is what]


def tell(kind: Kind, turn: int, way: str, answer: Answered, talk: Relayed) -> None:
    after = "nothing" if answer.after_s is None else f"{answer.after_s:.2f} s"
    told = "; ".join(
        f"{each.before} > {each.after or 'nobody'}: {each.why}" for each in talk.switches
    )
    report(f"realtime | {kind.value} | turn {turn} | {way} | {after} | {answer.text!r} | {told}")


def scripted(host: SpeakingHost, count: int) -> list[str]:
    """What the caller is going to say; the second service hears the last of it."""
    questions = [f"question {number + 1}." for number in range(count)]
    host.script.set_transcripts(questions, Service.REALTIME)
    host.script.set_transcripts(questions[-1:], SECOND_REALTIME)
    return questions


def told(host: SpeakingHost, service: str) -> str:
    """The instructions of its newest session."""
    session = entries(host, service, What.TOLD)[-1]
    return str(session.body.get("instructions"))


@pytest.mark.parametrize("kind", list(Kind))
async def test_another_service_answers_the_first_turn(host: SpeakingHost, kind: Kind) -> None:
    questions = scripted(host, 1)
    host.script.set_fault(Service.REALTIME, Fault(kind))

    async with relayed(realtime_preset(host, second_realtime(host)), recorded=line()) as talk:
        await talk.hear(quiet(0.3), within_s=0.0)
        answer = await talk.hear(words())

    tell(kind, 1, "fallback", answer, talk)
    check(host, talk, answer, kind, questions)


@pytest.mark.parametrize("kind", LATER)
async def test_another_service_answers_the_fourth_turn_and_knows_the_others(
    host: SpeakingHost, kind: Kind
) -> None:
    host.script.set_transcripts(["question 4."], Service.REALTIME)
    host.script.set_transcripts(["question 4."], SECOND_REALTIME)
    host.script.set_fault(Service.REALTIME, Fault(kind, from_turn=4))
    questions = [f"question {number}." for number in range(1, 5)]

    async with relayed(realtime_preset(host, second_realtime(host)), recorded=line()) as talk:
        for question in questions[:3]:
            typed = await talk.ask(question)
            assert typed.text == f"You said: {question}"
        answer = await talk.hear(words())

    tell(kind, 4, "fallback", answer, talk)
    check(host, talk, answer, kind, questions)
    assert "Caller: question 1.\nYou: You said: question 1." in told(host, SECOND_REALTIME)
    assert "Caller: question 4." not in told(host, SECOND_REALTIME)


def check(
    host: SpeakingHost, talk: Relayed, answer: Answered, kind: Kind, questions: list[str]
) -> None:
    """The last question was answered in time and once, by the second; what the first has said of it stays said."""
    half = answer.text.removesuffix(f"You said: {questions[-1]}")
    assert half != answer.text
    assert bool(half) == (kind in MIDWAY)
    assert talk.asked() == questions
    assert answer.after_s is not None
    assert answer.after_s < 5.0
    assert len(entries(host, SECOND_REALTIME, What.ANSWERED)) == 1
    assert [(each.part, each.before, each.after) for each in talk.switches] == [
        (ServiceKind.REALTIME, FIRST, SECOND)
    ]
    assert ("cut off" in told(host, SECOND_REALTIME)) == (kind in MIDWAY)


@pytest.mark.parametrize(
    ("kind", "turn"), [(Kind.UNAUTHORIZED, 1), (Kind.GARBAGE, 1), (Kind.DROP, 4)]
)
async def test_alone_it_says_the_line(host: SpeakingHost, kind: Kind, turn: int) -> None:
    host.script.set_fault(Service.REALTIME, Fault(kind, from_turn=turn))

    async with relayed(realtime_preset(host), recorded=line()) as talk:
        for number in range(1, turn):
            await talk.ask(f"question {number}.")
        answer = await talk.hear(words())

    tell(kind, turn, "alone", answer, talk)
    assert answer.text == LINE
    assert answer.after_s is not None
    assert answer.after_s < 5.0
    assert [each.after for each in talk.switches] == [""] * (kind not in SILENT)


async def test_alone_a_dropped_socket_is_opened_again_and_the_turn_is_answered(
    host: SpeakingHost,
) -> None:
    host.script.set_transcripts(["question 1."] * 2)
    host.script.set_fault(Service.REALTIME, Fault(Kind.DROP, times=1))

    async with relayed(realtime_preset(host), recorded=line()) as talk:
        first = await talk.hear(words())
        await talk.hear(quiet(0.1), within_s=8.0)

    assert first.text == LINE
    assert talk.said() == [LINE, "You said: question 1."]
    assert talk.asked() == ["question 1."]


async def test_alone_and_silent_it_is_asked_again_over_a_new_connection(
    host: SpeakingHost,
) -> None:
    host.script.set_transcripts(["question 1."] * 2)
    host.script.set_fault(Service.REALTIME, Fault(Kind.STALL, times=1))

    async with relayed(realtime_preset(host), recorded=line()) as talk:
        await talk.hear(words())
        await talk.hear(quiet(0.1), within_s=3.0)

    assert talk.said() == [LINE, "You said: question 1."]


async def test_alone_and_late_it_says_the_line_and_then_its_answer(host: SpeakingHost) -> None:
    host.script.set_transcripts(["question 1."] * 2)
    host.script.set_delays(llm_first_token_ms=4000)

    async with relayed(realtime_preset(host), recorded=line()) as talk:
        await talk.hear(words())
        await talk.hear(quiet(0.1), within_s=4.0)

    assert talk.said() == [LINE, "You said: question 1."]
    assert talk.switches == []


async def test_typed_words_are_answered_by_another_service(host: SpeakingHost) -> None:
    host.script.set_fault(Service.REALTIME, Fault(Kind.RATE_LIMIT, from_turn=2))
    host.script.set_answers(["Two.", "Three."], SECOND_REALTIME)

    async with relayed(realtime_preset(host, second_realtime(host))) as talk:
        await talk.ask("question 1.")
        second = await talk.ask("question 2.")
        third = await talk.ask("question 3.")

    assert second.text == "Two."
    assert [each.after for each in second.switches] == [SECOND]
    assert third.text == "Three."
    assert third.switches == ()


async def test_a_refused_connection_is_tried_again_when_its_time_has_come(
    host: SpeakingHost,
) -> None:
    refused = Fault(Kind.RATE_LIMIT, handshakes=True, retry_after_s=0.5)
    host.script.set_fault(Service.REALTIME, refused)

    async with relayed(realtime_preset(host, second_realtime(host))) as talk:
        first = await talk.ask("question 1.")
        host.script.heal()
        second = await talk.hear(words())

    assert first.text == "You said: question 1."
    assert second.text == "You said: This is utterance 1."
    assert [(each.before, each.after, each.why) for each in talk.switches] == [
        (FIRST, SECOND, "too many requests (429)"),
        (SECOND, FIRST, "its time has come again"),
    ]
    assert "You: You said: question 1." in told(host, Service.REALTIME)


async def test_one_that_stands_by_is_not_connected(host: SpeakingHost) -> None:
    async with relayed(realtime_preset(host, second_realtime(host))) as talk:
        answer = await talk.hear(words())

    assert answer.text == "You said: This is utterance 1."
    assert len(entries(host, Service.REALTIME, What.ANSWERED)) == 1
    assert not [each for each in host.script.entries() if each.service == SECOND_REALTIME]


async def test_the_one_that_takes_over_has_the_tools(host: SpeakingHost) -> None:
    host.script.set_transcripts(["How is the weather?"], SECOND_REALTIME)
    host.script.set_fault(Service.REALTIME, Fault(Kind.RATE_LIMIT))
    asked: list[str] = []

    async def weather(params: FunctionCallParams, place: str) -> None:
        """How the weather is.

        Args:
            params: What a call comes with.
            place: Where.
        """
        asked.append(place)
        await params.result_callback(f"fine in {place}")

    preset = realtime_preset(host, second_realtime(host))
    async with relayed(preset, recorded=line(), tools=[weather]) as talk:
        await talk.hear(words())
        await until(lambda: "fine in Paris" in " ".join(talk.said()), 10, "the tool's answer")

    assert asked == ["Paris"]
    assert [each for each in talk.said() if "fine" in each] == [talk.said()[-1]]
