import asyncio

import pytest

from app.domain.facts import ParticipantJoined, ParticipantLeft, Role
from app.media import presence as module
from app.media.presence import Presence
from app.runtime.clock import AnchoredClock
from tests.support.posted import Posted, until


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BELIEVED_AFTER_S", 0.1)
    monkeypatch.setattr(module, "BELIEVED_AFTER_RECONNECT_S", 0.2)


class Room:
    """A presence and the connection that it asks."""

    def __init__(self) -> None:
        self.posted = Posted()
        self.reconnecting = False
        self.presence = Presence(self.posted, AnchoredClock(), lambda: self.reconnecting)

    @property
    def seen(self) -> list[tuple[str, str]]:
        kinds = {ParticipantJoined: "in", ParticipantLeft: "out"}
        facts = [*self.posted.of(ParticipantJoined), *self.posted.of(ParticipantLeft)]
        return [(kinds[type(fact)], fact.identity) for fact in facts]


async def test_posts_a_join_once() -> None:
    room = Room()

    room.presence.joined("ann", "Ann", Role.CALLER)
    room.presence.joined("ann", "Ann", Role.CALLER)

    assert room.seen == [("in", "ann")]


async def test_believes_a_leave_and_dates_it_to_when_it_was() -> None:
    room = Room()
    room.presence.joined("ann", "Ann", Role.CALLER)
    left_at = AnchoredClock().now()

    room.presence.left("ann", "it left")
    assert room.seen == [("in", "ann")]
    await until(lambda: room.posted.of(ParticipantLeft), 2)

    (left,) = room.posted.of(ParticipantLeft)
    assert left.reason == "it left"
    assert left.at == pytest.approx(left_at, abs=0.05)


async def test_a_return_undoes_a_leave() -> None:
    room = Room()
    room.presence.joined("ann", "Ann", Role.CALLER)
    room.presence.left("ann", "it left")

    room.presence.joined("ann", "Ann", Role.CALLER)
    await asyncio.sleep(0.15)

    assert room.seen == [("in", "ann")]


async def test_believes_no_leave_while_our_own_connection_is_down() -> None:
    room = Room()
    room.presence.joined("ann", "Ann", Role.CALLER)
    room.presence.joined("bob", "Bob", Role.AGENT)
    room.presence.left("ann", "lost")
    room.presence.left("bob", "lost")
    room.reconnecting = True
    await asyncio.sleep(0.25)
    assert room.seen == [("in", "ann"), ("in", "bob")]

    room.reconnecting = False
    room.presence.reconnected()
    room.presence.joined("ann", "Ann", Role.CALLER)
    await until(lambda: room.posted.of(ParticipantLeft), 2)

    assert room.seen == [("in", "ann"), ("in", "bob"), ("out", "bob")]


async def test_closing_believes_what_is_held_back() -> None:
    room = Room()
    room.presence.joined("ann", "Ann", Role.CALLER)
    room.presence.left("ann", "it left")
    room.presence.left("nobody", "it left")

    room.presence.close()
    await asyncio.sleep(0.15)

    assert room.seen == [("in", "ann"), ("out", "ann")]
