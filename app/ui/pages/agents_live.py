"""Says that a preset is in live calls, and brings what its text says now into them."""

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QWidget

from app.domain.agent_desk import AgentDesk
from app.ui.announcing import announce
from app.ui.controls import Button, Pane, Role, label, pane, row
from app.ui.pages.agents_draft import Draft
from app.ui.plain_text import breakable, shown
from app.ui.tasks import TaskScope
from app.ui.tokens import SPACE_M, SPACE_S, Token

LOOK_MS = 1000
APPLY = "change the running call"
WHAT_CAN = "Instructions, model, voice and the silence before an answer can be changed in it."
NOTHING = "Nothing of what is different can be changed in a call. It holds from the next one on."


class LiveChanges(QWidget):
    """A line over the form while the agent is in calls; hidden otherwise. UI loop only.

    What is applied is not saved by it: Save keeps it.
    """

    def __init__(self, tasks: TaskScope) -> None:
        super().__init__()
        self._tasks = tasks
        self._desk: AgentDesk | None = None
        self._draft: Draft | None = None
        self._applied: dict[str, str] = {}
        self._said: dict[str, str] = {}
        self._calls = 0
        self.says = label("", Role.SECONDARY, wrap=True)
        self.apply = Button("Apply to the call")
        self.apply.setToolTip("Change the call that runs; Save keeps it for the next ones")
        self.apply.clicked.connect(self._press)
        ground = pane(Pane.CARD)
        across = row(ground, (SPACE_M, SPACE_S, SPACE_M, SPACE_S), SPACE_M)
        across.addWidget(self.says, 1)
        across.addWidget(self.apply)
        row(self).addWidget(ground)
        self.hide()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look_again)

    def give_desk(self, desk: AgentDesk) -> None:
        self._desk = desk

    def show_draft(self, draft: Draft) -> None:
        """Watch the calls of another agent from now on."""
        self._draft = draft
        self._timer.start()
        self.look()

    @Slot()
    def _look_again(self) -> None:
        """Calls begin and end elsewhere; nobody needs to know while the page is not seen."""
        page = self.parentWidget()
        if page is not None and page.isVisible():
            self.look()

    @Slot()
    def look(self) -> None:
        """See in how many calls the agent is, and whether there is something to apply."""
        if self._desk is None or self._draft is None:
            return
        agent = self._draft.agent_id
        self._calls = self._desk.running(agent)
        if not self._calls:
            self._applied.pop(agent, None)
            self._said.pop(agent, None)
        self.setVisible(bool(self._calls))
        if self._calls:
            self._show(agent)

    def _show(self, agent: str) -> None:
        assert self._draft is not None
        since = self._applied.get(agent, self._draft.on_disk)
        differs = self._draft.text != since
        able = differs and self._draft.reading.preset is not None
        self.apply.setEnabled(able and not self._tasks.busy(APPLY))
        calls = "a call" if self._calls == 1 else f"{self._calls} calls"
        words = WHAT_CAN if differs else self._said.get(agent, WHAT_CAN)
        self.says.setText(breakable(shown(f"It is in {calls} now. {words}", 400)))
        self.says.set_ink(Token.TEXT2)

    @Slot()
    def _press(self) -> None:
        if self._desk is not None and self._draft is not None:
            self._tasks.spawn(self._apply(self._desk, self._draft), doing=APPLY)
            self.apply.setEnabled(False)

    async def _apply(self, desk: AgentDesk, draft: Draft) -> None:
        text = draft.text
        try:
            changed = await desk.apply(draft.agent_id, text)
        finally:
            self.look()
        self._applied[draft.agent_id] = text
        words = f"Changed in it: {', '.join(changed)}." if changed else NOTHING
        self._said[draft.agent_id] = words
        announce(self, words)
        self.look()
