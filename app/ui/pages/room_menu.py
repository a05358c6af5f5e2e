"""What can be done with a room, as a menu."""

from functools import partial

from app.domain.rooms import RoomView
from app.ui.controls import SEPARATOR, MenuEntry
from app.ui.pages.rooms_acts import RoomActs


def close_words(acts: RoomActs) -> str:
    """What closing a room is called: with an ellipsis where it asks first."""
    return "Close room…" if acts.server.asks_first else "Close room"


def room_entries(acts: RoomActs, room: RoomView) -> list[MenuEntry]:
    """The same acts that the inspector's buttons have, and those that have none."""
    name = room.name
    return [
        MenuEntry("Open on the Stage", partial(acts.open_on_stage, name, speaking=False)),
        MenuEntry("Join as caller", partial(acts.open_on_stage, name, speaking=True)),
        MenuEntry("Start an agent", partial(acts.start_agent, name)),
        MenuEntry("Invite", partial(acts.invite, name)),
        SEPARATOR,
        MenuEntry("Change metadata…", partial(acts.change_metadata, room)),
        MenuEntry("Message to all…", partial(acts.message, name, None)),
        MenuEntry("Copy the name", partial(acts.copy, name)),
        MenuEntry("Copy the sid", partial(acts.copy, room.sid)),
        SEPARATOR,
        MenuEntry(close_words(acts), partial(acts.close, room)),
    ]
