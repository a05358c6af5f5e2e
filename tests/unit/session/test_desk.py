"""How many calls the desk takes, and in which rooms. Their starts wait for a server's key, so that none begins."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.access import ServerAccess
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.runtime.clock import AnchoredClock
from app.runtime.mailbox import Mailbox
from app.runtime.redaction import Redactor
from app.session.agent_start import AgentStart
from app.session.desk import LIVE_AT_MOST, StudioDesk
from app.session.studio import Studio

SERVER = "Elsewhere"


def in_room(room: str) -> CallPlan:
    return CallPlan(preset="", server=SERVER, room=room, speaking=False)


class Waiting:
    """A desk whose calls wait for the key of their server until `answer` is set."""

    def __init__(self, studio: Studio) -> None:
        self.mailbox = Mailbox()
        self.answer = asyncio.Event()
        self.desk = StudioDesk(
            studio, self.mailbox.sink, self._access, _no_agent, operator_is_caller=False
        )

    async def begin(self, key: str, plan: CallPlan) -> "asyncio.Task[None]":
        """Begin a start, up to where it waits."""
        starting = asyncio.get_running_loop().create_task(self.desk.start_call(key, plan))
        await asyncio.sleep(0)
        return starting

    async def _access(self, server: str) -> ServerAccess:
        await self.answer.wait()
        raise UserError(f"The key of {server} is missing.")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(AnchoredClock(), tmp_path, Redactor(), lambda _: None)
    yield studio
    studio.models.close()
    studio.media.stop()
    studio.library.close()


async def test_as_many_calls_as_there_may_be_and_no_more(studio: Studio) -> None:
    waiting = Waiting(studio)
    starts = [
        await waiting.begin(f"call-{number}", in_room(f"room-{number}"))
        for number in range(LIVE_AT_MOST)
    ]

    with pytest.raises(UserError, match="8 calls are live, and no more can be"):
        waiting.desk.admit(in_room("one-too-many"))
    with pytest.raises(UserError, match="no more can be"):
        await waiting.desk.start_call("ninth", in_room("one-too-many"))

    await waiting.desk.end_call("call-3")
    waiting.desk.admit(in_room("one-too-many"))
    waiting.answer.set()
    await asyncio.gather(*starts, return_exceptions=True)


async def test_a_room_has_one_call_but_rooms_of_other_servers_may_have_its_name(
    studio: Studio,
) -> None:
    waiting = Waiting(studio)
    starting = await waiting.begin("a", in_room("front-desk"))

    with pytest.raises(UserError, match="There is a call in the room front-desk already"):
        waiting.desk.admit(in_room("front-desk"))
    waiting.desk.admit(CallPlan(preset="", server="Another", room="front-desk"))

    await waiting.desk.end_all()
    waiting.desk.admit(in_room("front-desk"))
    waiting.answer.set()
    await asyncio.gather(starting, return_exceptions=True)


async def test_a_start_that_is_given_up_ends_quietly_and_tells_nothing(studio: Studio) -> None:
    waiting = Waiting(studio)
    given_up = await waiting.begin("a", in_room("front-desk"))
    other = await waiting.begin("b", in_room("back-office"))

    await waiting.desk.end_call("a")
    waiting.answer.set()

    with pytest.raises(UserError, match="The key of Elsewhere is missing"):
        await other
    await given_up
    assert waiting.desk.calls == ()
    assert waiting.mailbox.drain() == {}


async def test_what_is_asked_of_a_call_that_is_not_live_does_nothing(studio: Studio) -> None:
    desk = Waiting(studio).desk

    await desk.end_call("gone")
    await desk.type_as_caller("gone", "Hello?")
    desk.flag("gone", "")

    assert desk.operator_audio("gone") is None
    assert not desk.has_ended("gone")
    with pytest.raises(UserError, match="The call is over"):
        await desk.invitation("gone")


async def _no_agent(name: str) -> AgentStart:
    raise AssertionError(f"nobody asked for {name}")
