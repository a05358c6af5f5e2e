"""Adding an extra of pipecat-ai: the one command that does it, and doing it here."""

import asyncio

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.domain.agent_desk import AgentDesk
from app.domain.errors import UserError
from app.ui.controls import (
    Button,
    ElidedLabel,
    Kind,
    Pane,
    Role,
    column,
    label,
    pane,
    plain_tip,
    row,
)
from app.ui.plain_text import breakable, shown
from app.ui.running import Running
from app.ui.tasks import TaskScope
from app.ui.tokens import SPACE_M, SPACE_S, Token

COPIED_MS = 2000


class Installs(QObject):
    """Adds extras, one at a time, and goes on while dialogs come and go. UI loop only."""

    changed = Signal()
    """An installation has begun, said something, or ended."""
    installed = Signal(str)
    """This extra is there now."""

    def __init__(self, tasks: TaskScope, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._desk: AgentDesk | None = None
        self._task: asyncio.Task[None] | None = None
        self.cancelling = False
        """The installation that runs is being stopped."""
        self.running = ""
        """The extra that is being added; empty for none."""
        self.line = ""
        """What the installer said last."""
        self.errors: dict[str, UserError] = {}

    def give_desk(self, desk: AgentDesk) -> None:
        self._desk = desk

    def command(self, extra: str) -> str:
        """What would be run."""
        return "" if self._desk is None else self._desk.install_command(extra)

    def start(self, extra: str) -> None:
        """Add an extra, unless one is being added."""
        if self._desk is None or self.running:
            return
        self.running, self.line = extra, ""
        self.errors.pop(extra, None)
        self._tasks.spawn(self._install(self._desk, extra), doing=f"add the extra {extra}")
        self.changed.emit()

    def cancel(self) -> None:
        """Stop the installation that runs."""
        if self.running and not self.cancelling:
            self.cancelling = True
            if self._task is not None:
                self._task.cancel()
            self.changed.emit()

    async def _install(self, desk: AgentDesk, extra: str) -> None:
        self._task = asyncio.get_running_loop().create_task(desk.install(extra, self._take))
        await asyncio.sleep(0)  # So that a task that is cancelled has begun.
        if self.cancelling:
            self._task.cancel()
        try:
            await self._task
        except asyncio.CancelledError:
            if not self.cancelling:
                raise
        except UserError as error:
            self.errors[extra] = error
        else:
            self.installed.emit(extra)
        finally:
            self.running, self._task, self.cancelling = "", None, False
            self.changed.emit()

    def _take(self, line: str) -> None:
        self.line = line
        self.changed.emit()


class ExtraBox(QWidget):
    """One extra that is missing: its command to copy, a button that adds it, and how far that is."""

    def __init__(self, installs: Installs) -> None:
        super().__init__()
        self._installs = installs
        self._extra = ""
        self.title = label("", Role.STRONG, wrap=True)
        self.command = ElidedLabel(role=Role.CLOCK)
        self.copy = Button("Copy", kind=Kind.GHOST)
        self.add = Button("Add it", icon="plus")
        self.mark = Running()
        self.says = label("", Role.HINT, wrap=True)
        self.says.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(COPIED_MS)
        self._lay_out()
        self._copied.timeout.connect(self._uncopy)
        self.copy.clicked.connect(self._copy)
        self.add.clicked.connect(self._press)
        installs.changed.connect(self._show)

    def show_extra(self, extra: str) -> None:
        """Offer an extra; an empty one hides the box."""
        self._extra = extra
        self.setVisible(bool(extra))
        if extra:
            self.title.setText(f"It needs the extra “{shown(extra, 40)}” of pipecat-ai.")
            self.command.set_text(self._installs.command(extra))
            self.copy.setToolTip("Put the command on the clipboard, for a terminal")
            self._show()

    @Slot()
    def _show(self) -> None:
        if not self._extra:
            return
        running = self._installs.running == self._extra
        error = self._installs.errors.get(self._extra)
        self.mark.setVisible(running)
        self.add.set_face("Cancel" if running else "Add it", icon="x" if running else "plus")
        stopping = running and self._installs.cancelling
        self.add.setEnabled(not stopping and (running or not self._installs.running))
        self.add.setAccessibleName(
            f"{'Stop adding' if running else 'Add'} {shown(self._extra, 40)}"
        )
        tip = "Stop the installation" if running else "Run this command here, with progress"
        self.add.setToolTip(plain_tip(tip))
        words = ""
        if running:
            words = self._installs.line or "Starting…"
            words = "Stopping…" if self._installs.cancelling else words
        elif error is not None:
            words = f"{error.title} {error.hint}"
        elif self._installs.running:
            words = f"Waits until {self._installs.running} is there."
        self.says.setText(breakable(shown(words, 300)))
        self.says.set_ink(Token.BAD if error is not None and not running else Token.TEXT3)
        self.says.setVisible(bool(words))

    @Slot()
    def _press(self) -> None:
        if self._installs.running == self._extra:
            self._installs.cancel()
        else:
            self._installs.start(self._extra)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._installs.command(self._extra))
        self.copy.set_face("Copied", kind=Kind.GHOST)
        self._copied.start()

    @Slot()
    def _uncopy(self) -> None:
        self.copy.set_face("Copy", kind=Kind.GHOST)

    def _lay_out(self) -> None:
        ground = pane(Pane.CARD)
        lines = column(ground, (SPACE_M, SPACE_S + 2, SPACE_M, SPACE_S + 2), 6)
        head = row(gap=SPACE_S)
        head.addWidget(self.title, 1)
        head.addWidget(self.mark)
        head.addWidget(self.add)
        lines.addLayout(head)
        command = row(gap=SPACE_S)
        command.addWidget(self.command, 1)
        command.addWidget(self.copy)
        lines.addLayout(command)
        lines.addWidget(self.says)
        column(self).addWidget(ground)
