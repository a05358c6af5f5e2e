"""What is told of the rooms of a server, and of the server itself."""

from app.domain.rooms import RoomsSnapshot, RoomView, Trouble
from app.domain.servers import ServerColour, ServerKind, ServerProfile


def room(name: str, trouble: Trouble) -> RoomView:
    return RoomView(
        name,
        f"RM_{name}",
        opened_at=0.0,
        people=0,
        people_at_most=0,
        empty_timeout_s=300,
        departure_timeout_s=20,
        metadata="",
        agent="",
        now="",
        trouble=trouble,
    )


def test_a_room_whose_trouble_is_bad_needs_somebody() -> None:
    rooms = tuple(room(trouble.name, trouble) for trouble in Trouble)

    assert RoomsSnapshot("Staging", rooms, as_of=1.0).wanting == 1


def test_only_this_computer_s_server_never_asks() -> None:
    for kind in ServerKind:
        profile = ServerProfile("S", "wss://lk.example.org", kind, ServerColour.BLUE)
        assert profile.asks_first is (kind is not ServerKind.THIS_COMPUTER)
