"""The one object between the call and the views."""

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.call import Call
from app.domain.facts import Fact


class CallFeed(QObject):
    """Folds batches of facts into the call in hand and tells the views what changed. UI thread only."""

    replaced = Signal(object)
    """Another call is in hand: Call."""
    changed = Signal(object)
    """The call has taken facts in: Changes. Emitted after the state is right."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.call = Call()

    def begin(self) -> None:
        """Take a new call in hand."""
        self.call = Call()
        self.replaced.emit(self.call)

    @Slot(object)
    def absorb(self, facts: list[Fact]) -> None:
        if changes := self.call.apply(facts):
            self.changed.emit(changes)
