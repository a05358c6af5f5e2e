"""Tests keys, a few at a time."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from app.domain.back_office import KeyDesk
from app.domain.providers import Provider
from app.ui.tasks import TaskScope

TESTING, WAITING = "Testing…", "Waiting for its test"
AT_ONCE = 4
"""More calls at once would slow each other's round trips."""


class KeyTests(QObject):
    """The tests that run and those that wait. UI loop only."""

    changed = Signal()
    """Another test runs, waits, or has ended."""
    tested = Signal(str, object)
    """The provider's id and the KeyTest."""

    def __init__(self, tasks: TaskScope, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._desk: KeyDesk | None = None
        self._waiting: list[Provider] = []
        self.running: set[str] = set()
        """Ids of the providers whose key is being tested."""
        self.asked = 0
        """How many tests were asked for since none ran."""

    def give_desk(self, desk: KeyDesk) -> None:
        self._desk = desk

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def words_for(self, provider_id: str) -> str:
        """How far the test of a provider's key is; empty while there is none."""
        if provider_id in self.running:
            return TESTING
        return WAITING if any(p.id == provider_id for p in self._waiting) else ""

    def start(self, providers: Iterable[Provider]) -> None:
        """Test these keys, except those whose test runs or waits already."""
        new = [provider for provider in providers if not self.words_for(provider.id)]
        if not self.running and not self._waiting:
            self.asked = 0
        self.asked += len(new)
        self._waiting += new
        self._go_on()

    def stop(self) -> None:
        """Start no more of those that wait; what runs ends by its own deadline."""
        self.asked -= len(self._waiting)
        self._waiting.clear()
        self.changed.emit()

    def _go_on(self) -> None:
        while self._desk is not None and self._waiting and len(self.running) < AT_ONCE:
            provider = self._waiting.pop(0)
            self.running.add(provider.id)
            test = self._test(self._desk, provider)
            self._tasks.spawn(test, doing=f"test the {provider.name} key")
        self.changed.emit()

    async def _test(self, desk: KeyDesk, provider: Provider) -> None:
        try:
            done = await desk.test(provider.id)
            self.tested.emit(provider.id, done)
        finally:
            self.running.discard(provider.id)
            self._go_on()


def counted(tests: KeyTests) -> str:
    """How far the tests are, as in `3 of 6`."""
    ended = tests.asked - tests.waiting - len(tests.running)
    return f"{ended} of {tests.asked}"
