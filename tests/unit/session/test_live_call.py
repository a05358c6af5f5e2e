# pyright: reportPrivateUsage=false
"""Changes of an agent in its live call, with the agent's answers in the hand of the test."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from app.agent.preset_file import load_preset, shipped_presets
from app.agent.stop_ladder import StopReport
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.live_changes import LiveChange, LiveSetting
from app.runtime.clock import AnchoredClock
from app.runtime.mailbox import Mailbox
from app.runtime.redaction import Redactor
from app.session import live_call
from app.session.agent_start import AgentStart
from app.session.live_call import LiveCall
from app.session.studio import Studio

MODEL = LiveChange(LiveSetting.MODEL, "gpt-4.1-nano")
VOICE = LiveChange(LiveSetting.VOICE, "amy")
LOCAL = load_preset(shipped_presets()["local"])


class Answering:
    """An agent in a room that makes changes, refuses a voice, and leaves a model unanswered where it `sleeps`."""

    def __init__(self) -> None:
        self.changes: list[LiveChange] = []
        self.sleeps = False

    def start(self) -> "Future[None]":
        return Future()

    def stop(self) -> "Future[StopReport]":
        return Future()

    def type_as_caller(self, text: str) -> "Future[None]":
        return Future()

    def change(self, change: LiveChange) -> "Future[None]":
        answer: Future[None] = Future()
        if self.sleeps:
            return answer
        if change.setting is LiveSetting.VOICE:
            answer.set_exception(UserError("It has no voice."))
        else:
            self.changes.append(change)
            answer.set_result(None)
        return answer


@pytest.fixture
def call(tmp_path: Path) -> Iterator[LiveCall]:
    studio = Studio(AnchoredClock(), tmp_path, Redactor(), lambda _: None)
    yield LiveCall(studio, CallPlan(), AgentStart(LOCAL), None, Mailbox().sink("a"))
    studio.models.close()
    studio.media.stop()
    studio.library.close()


async def test_changes_are_made_in_their_order_up_to_one_that_is_refused(call: LiveCall) -> None:
    assert await call.change((MODEL,)) == ()
    call._agent = agent = Answering()

    assert await call.change((MODEL,)) == (LiveSetting.MODEL,)
    with pytest.raises(UserError, match="no voice"):
        await call.change((MODEL, VOICE, MODEL))
    assert agent.changes == [MODEL, MODEL]


async def test_an_agent_that_does_not_answer_is_not_waited_for(
    call: LiveCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_call, "CHANGE_S", 0.05)
    call._agent = agent = Answering()
    agent.sleeps = True

    with pytest.raises(UserError, match="did not answer within"):
        await call.change((MODEL,))


async def test_a_call_follows_its_preset_from_where_it_is_now(call: LiveCall) -> None:
    other = replace(LOCAL, instructions="Be brief.")
    assert await call.follow(other) == ()
    call._agent = agent = Answering()

    assert await call.follow(other) == (LiveSetting.INSTRUCTIONS,)
    assert await call.follow(other) == ()
    assert agent.changes == [LiveChange(LiveSetting.INSTRUCTIONS, "Be brief.")]
