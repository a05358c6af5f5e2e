"""Calls in rooms that are not ours, on a server that Greenroom does not run."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app.domain import facts as f
from app.domain.access import ServerAccess
from app.domain.call import Call
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.facts import AgentState
from app.domain.rooms import PersonKind
from app.media import tokens
from app.media.rooms import Rooms
from app.runtime.clock import AnchoredClock
from app.runtime.redaction import Redactor
from app.session.live_call import LiveCall, StartCancelledError
from app.session.studio import Studio
from tests.support.agents import caller_for, preset_start, question
from tests.support.livekit import AnsweringAgent, self_hosted_server, until_only
from tests.support.posted import Posted, until

T = TypeVar("T")
pytestmark = pytest.mark.local_models

SERVER = "Production EU"


class Panel:
    """Holds calls on one server, and keeps what they tell."""

    def __init__(self, folder: Path, access: ServerAccess) -> None:
        self.facts = Posted()
        self.studio = Studio(AnchoredClock(), folder, Redactor(), lambda _: None)
        self._access = access

    def call(self, plan: CallPlan) -> LiveCall:
        agent = preset_start(plan.preset) if plan.preset else None
        return LiveCall(self.studio, plan, agent, self._access, self.facts)

    async def do(self, coro: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(self.studio.media.submit(coro))

    def told(self) -> Call:
        call = Call()
        call.apply(list(self.facts.facts))
        return call


@pytest.fixture
async def panel(tmp_path: Path, self_hosted: ServerAccess) -> AsyncIterator[Panel]:
    panel = Panel(tmp_path, self_hosted)
    panel.studio.start()
    yield panel
    await panel.studio.close()


@pytest.fixture
async def their_room(self_hosted: ServerAccess) -> AsyncIterator[str]:
    rooms = Rooms(self_hosted)
    name = f"theirs-{secrets.token_hex(4)}"
    await rooms.create(name)
    yield name
    await rooms.delete(name)


async def test_watches_a_room_and_leaves_it_as_it_was(
    panel: Panel, self_hosted: ServerAccess, their_room: str
) -> None:
    agent = AnsweringAgent(tokens.agent_access(self_hosted, their_room, "bot", "Front desk"))
    await agent.join()
    call = panel.call(CallPlan(preset="", server=SERVER, room=their_room, speaking=False))

    await panel.do(call.start(with_operator=False))
    assert panel.told().agent_state is AgentState.LISTENING
    agent.greet()
    await until(lambda: panel.told().agent_state is AgentState.SPEAKING, 5, "the agent's speech")
    await until(lambda: panel.told().agent_state is AgentState.LISTENING, 5, "its end")
    people = await Rooms(self_hosted).people(their_room)
    await panel.do(call.end("You stopped watching."))

    (opened,) = panel.facts.of(f.CallOpened)
    assert (opened.server, opened.room) == (SERVER, their_room)
    assert (opened.agent_name, opened.agent_kind) == ("Front desk", "watched")
    assert [person.identity for person in people if person.kind is not PersonKind.EAR] == ["bot"]
    await until_only(self_hosted, their_room, "bot")
    await agent.leave()


async def test_our_agent_answers_in_somebody_elses_room(
    panel: Panel, self_hosted: ServerAccess, their_room: str
) -> None:
    call = panel.call(CallPlan(server=SERVER, room=their_room, speaking=False))
    await panel.do(call.start(with_operator=False))
    caller = caller_for(self_hosted, their_room)
    await caller.join()
    await until(lambda: panel.facts.of(f.AgentSpeechStopped), 15, "the greeting")

    caller.ask(question("opening_hours"))
    await until(
        lambda: panel.told().exchanges and panel.told().exchanges[-1].answered, 15, "an answer"
    )
    await panel.do(call.end("You ended the call."))

    assert "nine" in panel.told().exchanges[0].agent.text  # pyright: ignore[reportOptionalMemberAccess]
    await until_only(self_hosted, their_room, "caller")
    await caller.leave()


async def test_does_not_put_out_who_has_our_names(
    panel: Panel, self_hosted: ServerAccess, their_room: str
) -> None:
    theirs = [
        AnsweringAgent(tokens.agent_access(self_hosted, their_room, name))
        for name in ("agent", "you")
    ]
    for participant in theirs:
        await participant.join()
    call = panel.call(CallPlan(preset="", server=SERVER, room=their_room))

    await panel.do(call.start(with_operator=True))
    inside = {person.identity for person in await Rooms(self_hosted).people(their_room)}
    await panel.do(call.end("You ended the call."))

    assert {"agent", "you"} < inside
    assert len(inside) == 4
    for participant in theirs:
        await participant.leave()


async def test_a_room_that_has_closed_is_not_made_anew(
    panel: Panel, self_hosted: ServerAccess
) -> None:
    call = panel.call(CallPlan(preset="", server=SERVER, room="long-gone"))

    with pytest.raises(UserError, match="The room long-gone is closed"):
        await panel.do(call.start(with_operator=False))

    assert panel.told().closed_at is not None
    assert "long-gone" not in {room.name for room in await Rooms(self_hosted).listed()}


async def test_a_start_that_is_given_up_while_the_agent_joins_ends_at_once(
    panel: Panel, their_room: str
) -> None:
    call = panel.call(CallPlan(server=SERVER, room=their_room, speaking=False))
    starting = asyncio.get_running_loop().create_task(panel.do(call.start(with_operator=False)))
    await until(lambda: _step_details(panel, "room"), 30, "the agent's start")

    await asyncio.wait_for(panel.do(call.end("You changed your mind.")), 10)

    with pytest.raises(StartCancelledError):
        await starting
    (closed,) = panel.facts.of(f.CallClosed)
    assert closed.reason == "You changed your mind."


async def test_a_server_that_is_killed_and_restarted_gives_the_call_back(tmp_path: Path) -> None:
    with self_hosted_server() as server:
        await Rooms(server.access).create("theirs")
        panel = Panel(tmp_path, server.access)
        panel.studio.start()
        call = panel.call(CallPlan(server=SERVER, room="theirs", speaking=False))
        await panel.do(call.start(with_operator=False))
        caller = caller_for(server.access, "theirs")
        await caller.join()
        await until(lambda: panel.facts.of(f.AgentSpeechStopped), 15, "the greeting")
        caller.ask(question("opening_hours"))
        await until(lambda: _answered(panel) == 1, 15, "an answer")

        server.kill()
        await until(lambda: "reconnecting" in panel.told().connections.values(), 5, "the loss")
        server.start()
        await until(
            lambda: "reconnecting" not in panel.told().connections.values(), 25, "the call's return"
        )
        caller.ask(question("closing_time"))
        await until(lambda: _answered(panel) == 2, 30, "another answer")

        await panel.do(call.end("You ended the call."))
        kept = panel.studio.library.load(call.id)
        await caller.leave()
        await panel.studio.close()
    said = [turn.caller.text for turn in kept.exchanges if turn.caller is not None]
    assert "Monday" in said[0]
    assert len(said) == 2


def _answered(panel: Panel) -> int:
    return sum(turn.answered for turn in panel.told().exchanges)


def _step_details(panel: Panel, step: str) -> list[str]:
    return [fact.detail for fact in panel.facts.of(f.StepProgressed) if fact.step == step]
