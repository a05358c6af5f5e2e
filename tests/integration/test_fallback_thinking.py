"""A language model that fails: what the caller hears, and after how long."""

from collections.abc import Iterator

import pytest

from app.domain.services import ServiceKind
from tests.support.posted import report
from tests.support.relayed import Answered, cloud_preset, relayed, second_chat
from tests.support.speaking.faults import Fault, Kind
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import Entry, Service, What

FIRST, SECOND = "OpenAI gpt-4.1", "OpenAI gpt-4.1-mini"
LINE = "One moment, please."


@pytest.fixture(scope="module")
def host() -> Iterator[SpeakingHost]:
    with SpeakingHost() as running:
        yield running


@pytest.fixture(autouse=True)
def _anew(host: SpeakingHost) -> None:
    host.reset()


def answered_by(host: SpeakingHost, service: str) -> list[Entry]:
    entries = host.script.entries()
    return [each for each in entries if each.service == service and each.what is What.ANSWERED]


def tell(kind: Kind, turn: int, with_fallback: bool, answer: Answered) -> None:
    after = "nothing" if answer.after_s is None else f"{answer.after_s:.2f} s"
    told = "; ".join(
        f"{each.before} > {each.after or 'nobody'}: {each.why}" for each in answer.switches
    )
    way = "fallback" if with_fallback else "alone"
    report(f"llm | {kind.value} | turn {turn} | {way} | {after} | {answer.text!r} | {told}")


@pytest.mark.parametrize("turn", [1, 4])
@pytest.mark.parametrize("kind", list(Kind))
async def test_a_fallback_answers_the_turn_once(host: SpeakingHost, kind: Kind, turn: int) -> None:
    host.script.set_fault(Service.CHAT, Fault(kind, from_turn=turn))

    async with relayed(cloud_preset(host, llm=[second_chat(host)])) as talk:
        answers = [await talk.ask(f"question {number + 1}") for number in range(turn)]
        answer = answers[-1]

    tell(kind, turn, True, answer)
    assert answer.text == f"You said: question {turn}."
    assert answer.after_s is not None
    assert answer.after_s < 5.0
    assert len(answered_by(host, f"second_{Service.CHAT}")) == 1
    (switch,) = answer.switches
    assert (switch.part, switch.before, switch.after) == (ServiceKind.LLM, FIRST, SECOND)
    assert switch.why


@pytest.mark.parametrize("turn", [1, 4])
@pytest.mark.parametrize(
    "kind", [Kind.UNAUTHORIZED, Kind.RATE_LIMIT, Kind.STALL_MIDWAY, Kind.GARBAGE]
)
async def test_alone_it_says_the_line(host: SpeakingHost, kind: Kind, turn: int) -> None:
    host.script.set_fault(Service.CHAT, Fault(kind, from_turn=turn))

    async with relayed(cloud_preset(host)) as talk:
        answers = [await talk.ask(f"question {number + 1}") for number in range(turn)]
        answer = answers[-1]

    tell(kind, turn, False, answer)
    assert answer.text == LINE
    assert answer.after_s is not None
    assert answer.after_s < 5.0
    assert [each.after for each in answer.switches] == [""]


async def test_alone_and_late_it_says_the_line_and_then_its_answer(host: SpeakingHost) -> None:
    host.script.set_delays(llm_first_token_ms=3500)

    async with relayed(cloud_preset(host)) as talk:
        answer = await talk.ask("question 1")

    assert answer.text == f"{LINE} You said: question 1."
    assert answer.switches == ()


async def test_what_was_released_to_the_voice_is_the_answer(host: SpeakingHost) -> None:
    said = "The library opens at nine. It closes at seven on all other days of the week."
    host.script.set_answers([said])
    host.script.set_fault(Service.CHAT, Fault(Kind.STALL_MIDWAY))

    async with relayed(cloud_preset(host, llm=[second_chat(host)])) as talk:
        answer = await talk.ask("question 1")

    assert answer.text == "The library opens at nine."
    assert not answered_by(host, f"second_{Service.CHAT}")


async def test_the_first_is_asked_again_when_its_time_has_come(host: SpeakingHost) -> None:
    limit = Fault(Kind.RATE_LIMIT, times=1, retry_after_s=0.5)
    host.script.set_fault(Service.CHAT, limit)

    async with relayed(cloud_preset(host, llm=[second_chat(host)])) as talk:
        first = await talk.ask("question 1")
        await talk.say("We are open.")
        second = await talk.ask("question 2")

    assert [each.after for each in first.switches] == [SECOND]
    assert [(each.after, each.why) for each in second.switches] == [
        (FIRST, "its time has come again")
    ]
    assert second.text == "You said: question 2."


async def test_it_is_left_alone_for_as_long_as_it_asks(host: SpeakingHost) -> None:
    host.script.set_fault(Service.CHAT, Fault(Kind.RATE_LIMIT, times=1, retry_after_s=600))

    async with relayed(cloud_preset(host, llm=[second_chat(host)])) as talk:
        await talk.ask("question 1")
        second = await talk.ask("question 2")

    assert second.switches == ()
    assert len(answered_by(host, f"second_{Service.CHAT}")) == 2


async def test_one_that_stands_by_is_not_connected(host: SpeakingHost) -> None:
    async with relayed(cloud_preset(host, llm=[second_chat(host)])) as talk:
        await talk.ask("question 1")

    assert not [each for each in host.script.entries() if each.service.startswith("second")]
