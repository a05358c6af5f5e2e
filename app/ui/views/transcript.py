"""The script of the call in two columns, partials in place."""

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.call import Call, Changes
from app.ui.controls import Role, column, label
from app.ui.views.script_table import ScriptTable

EMPTY = "What is said will stand here."


class Transcript(QWidget):
    """Shows the turns of a call. It follows the newest one unless somebody has scrolled up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = ScriptTable()
        self._call = Call()
        self._stale = False
        self._empty = label(EMPTY, Role.TERTIARY)
        self._empty.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._empty.setContentsMargins(20, 0, 20, 12)
        layout = column(self)
        # Few turns lie at the bottom: the stretch takes what the table does not need.
        layout.addStretch(0)
        layout.addWidget(self._empty)
        layout.addWidget(self.table, 1)
        self.set_call(self._call)

    def set_call(self, call: Call) -> None:
        """Show another call."""
        self._call = call
        self._stale = False
        self.table.show_call(call)
        self._show_empty()

    def apply(self, changes: Changes) -> None:
        """Repaint the turns that changed, once the view is seen."""
        if not (changes.turns_updated or changes.turns_added or changes.state):
            return
        if not self.isVisible():
            self._stale = True
            return
        self.table.take(changes)
        self._show_empty()

    def tick(self, now: float) -> None:
        """Let the turn in hand grow to the time `now`."""
        if self.isVisible():
            self.table.tick(now)

    def _show_empty(self) -> None:
        self._empty.setVisible(not self._call.turns)
        self.table.setVisible(bool(self._call.turns))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        if self._stale:
            self.set_call(self._call)
        super().showEvent(event)
