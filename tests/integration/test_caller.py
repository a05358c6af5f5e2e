"""The headless caller in a real room, with an agent that answers by tones."""
# pyright: reportUnknownMemberType=false
# soundfile leaves parts of its signatures open.

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.domain.access import ServerAccess
from app.domain.errors import UsageError
from app.domain.facts import Edge, Lane, SpeechEdge, Tap
from app.media import tokens
from app.media.headless_caller import Answer, HeadlessCaller, Patience
from app.media.speech_file import load_speech
from app.runtime.clock import AnchoredClock
from tests.support.livekit import AnsweringAgent, Participant, silence, strength, tone
from tests.support.posted import Posted, report, until

CLOCK = AnchoredClock()
QUICK = Patience(greeting_within_s=3.0, answer_within_s=2.0, quiet_s=0.6)


@pytest.fixture
def question(tmp_path: Path) -> Path:
    """A second of tone and one of silence."""
    path = tmp_path / "question.wav"
    soundfile.write(path, np.concatenate([tone(1.0, 500), silence(1.0)]), 48_000)
    return path


async def join(server: ServerAccess, room: str, posted: Posted) -> HeadlessCaller:
    caller = HeadlessCaller(posted, CLOCK, QUICK)
    await caller.join(tokens.caller_access(server, room, "caller"))
    return caller


async def agent(server: ServerAccess, room: str, answers: int) -> AnsweringAgent:
    bot = AnsweringAgent(tokens.agent_access(server, room, "agent"), delay_s=0.4, answers=answers)
    await bot.join()
    return bot


def edges(posted: Posted, lane: Lane, edge: Edge) -> list[SpeechEdge]:
    return [f for f in posted.of(SpeechEdge) if f.lane is lane and f.edge is edge]


async def test_asks_and_hears_the_answers_out(
    livekit_server: ServerAccess, room: str, question: Path
) -> None:
    posted = Posted()
    bot = await agent(livekit_server, room, answers=2)
    caller = await join(livekit_server, room, posted)
    bot.greet()

    answers = await caller.converse([question, question])
    await caller.leave()
    await bot.leave()

    assert answers == [Answer(question, answered=True)] * 2
    assert {f.tap for f in posted.of(SpeechEdge)} == {Tap.CALLER}
    asked = edges(posted, Lane.CALLER, Edge.ONSET)
    stopped = edges(posted, Lane.CALLER, Edge.OFFSET)
    heard = edges(posted, Lane.AGENT, Edge.ONSET)
    assert len(asked) == len(stopped) == 2
    assert len(heard) == 3
    # The silence at the end of the file is no speech.
    assert [b.at - a.at for a, b in zip(asked, stopped, strict=True)] == [
        pytest.approx(1.0, abs=0.03)
    ] * 2
    gaps_s = [answer.at - stop.at for stop, answer in zip(stopped, heard[1:], strict=True)]
    report(f"an answer after 400 ms is heard {np.round(gaps_s, 3)} s after the question")
    assert all(0.4 <= gap_s <= 0.9 for gap_s in gaps_s)
    # The greeting and each answer had been heard out before the next question.
    assert asked[0].at > edges(posted, Lane.AGENT, Edge.OFFSET)[0].at + QUICK.quiet_s - 0.05
    assert asked[1].at > edges(posted, Lane.AGENT, Edge.OFFSET)[1].at + QUICK.quiet_s - 0.05


async def test_reports_what_is_not_answered(
    livekit_server: ServerAccess, room: str, question: Path
) -> None:
    bot = await agent(livekit_server, room, answers=1)
    caller = await join(livekit_server, room, Posted())
    bot.greet()

    answers = await caller.converse([question, question])
    await caller.leave()
    await bot.leave()

    assert [answer.answered for answer in answers] == [True, False]


async def test_asks_an_agent_that_does_not_greet(
    livekit_server: ServerAccess, room: str, question: Path
) -> None:
    bot = await agent(livekit_server, room, answers=1)
    caller = await join(livekit_server, room, Posted())

    assert not await caller.wait_for_greeting()
    (answer,) = await caller.converse([question])

    assert answer.answered
    await caller.leave()
    await bot.leave()


async def test_says_nothing_when_a_file_cannot_be_spoken(
    livekit_server: ServerAccess, room: str, question: Path, tmp_path: Path
) -> None:
    posted = Posted()
    caller = await join(livekit_server, room, posted)

    with pytest.raises(UsageError, match=r"missing\.wav"):
        await caller.converse([question, tmp_path / "missing.wav"])

    await caller.leave()
    assert posted.of(SpeechEdge) == []


async def test_is_heard_by_others(livekit_server: ServerAccess, room: str, question: Path) -> None:
    listener = Participant(tokens.caller_access(livekit_server, room, "listener"))
    await listener.join()
    caller = await join(livekit_server, room, Posted())

    await caller.speak(load_speech(question))
    await until(lambda: strength(listener.all_heard(), 500) > 0.8, 5, "the question")

    await caller.leave()
    await listener.leave()
