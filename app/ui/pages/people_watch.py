"""Asks who is in one room, again whenever there may be news."""

from PySide6.QtCore import QObject, Signal

from app.domain.back_office import RoomsDesk
from app.domain.errors import UserError
from app.ui.tasks import TaskScope

LOOK = "look who is in the room"


class PeopleWatch(QObject):
    """Of the chosen room only: a list of 200 rooms costs no more. UI loop only."""

    seen = Signal(object)
    """tuple[PersonView, ...]: who is in the room now."""
    failed = Signal(object)
    """UserError: why that is not known now."""

    def __init__(self, desk: RoomsDesk, tasks: TaskScope, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._tasks = tasks
        self._room = ""
        self._news = 0

    def choose(self, room: str) -> None:
        """Watch another room, or none."""
        self._room = room
        self.look()

    def look(self) -> None:
        """Ask again; an answer that was on its way is no longer believed."""
        self._news += 1
        if self._room and not self._tasks.busy(LOOK):
            self._tasks.spawn(self._look(), doing=LOOK)

    def look_if_idle(self) -> None:
        """Ask again unless an answer is on its way."""
        if not self._tasks.busy(LOOK):
            self.look()

    async def _look(self) -> None:
        news = -1
        while self._room and news != self._news:
            news = self._news
            try:
                people = await self._desk.people(self._room)
            except UserError as error:
                if news == self._news:
                    self.failed.emit(error)
                continue
            if news == self._news:
                self.seen.emit(people)
