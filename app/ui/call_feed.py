"""The one object between the calls and the views."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.call import Call
from app.domain.facts import Fact

NO_CALL = ""
"""The key of no call."""


class CallFeed(QObject):
    """Folds the facts of each call into it and tells the views what changed. UI thread only.

    One of the calls is in hand: it is the one that the Stage shows.
    """

    replaced = Signal(object)
    """Another call is in hand: Call."""
    changed = Signal(object)
    """The call in hand has taken facts in: Changes. Emitted after the state is right."""
    folded = Signal(str, object)
    """Any call has taken facts in: its key, Changes."""
    listed = Signal()
    """A call was added or dropped, or another one is in hand."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.calls: dict[str, Call] = {}
        """By key, in the order in which they are listed."""
        self.in_hand = NO_CALL
        self._none = Call()

    @property
    def call(self) -> Call:
        """The call in hand; an empty one where there is none."""
        return self.calls.get(self.in_hand, self._none)

    def begin(self, key: str, instead_of: str = NO_CALL) -> None:
        """List a new call and take it in hand, last or `instead_of` another one."""
        fresh = Call()
        if instead_of in self.calls:
            renamed = (
                (key, fresh) if each == instead_of else (each, call)
                for each, call in self.calls.items()
            )
            self.calls = dict(renamed)
        else:
            self.calls[key] = fresh
        self._take(key)

    def take(self, key: str) -> None:
        """Take a listed call in hand."""
        if key in self.calls and key != self.in_hand:
            self._take(key)

    def drop(self, key: str) -> None:
        """List a call no more; the one below it, or else above it, is taken in hand instead."""
        place = list(self.calls).index(key)
        del self.calls[key]
        if key != self.in_hand:
            self.listed.emit()
            return
        left = list(self.calls)
        self._take(left[min(place, len(left) - 1)] if left else NO_CALL)

    @Slot(object)
    def absorb(self, batch: Mapping[str, Sequence[Fact]]) -> None:
        """Fold in the facts of each call; those of a call that is not listed any more are in the library alone."""
        for key, facts in batch.items():
            if key in self.calls and (changes := self.calls[key].apply(facts)):
                if key == self.in_hand:
                    self.changed.emit(changes)
                self.folded.emit(key, changes)

    def _take(self, key: str) -> None:
        self.in_hand = key
        if key == NO_CALL:
            self._none = Call()
        self.replaced.emit(self.call)
        self.listed.emit()
