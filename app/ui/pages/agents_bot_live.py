"""Changes a bot file in the calls that it is in: its instructions, model and voice."""

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QWidget

from app.domain.agent_desk import AgentDesk
from app.domain.errors import UserError
from app.domain.live_changes import LiveChange, LiveSetting
from app.ui.announcing import announce
from app.ui.controls import Button, Field, Pane, Role, TextArea, TextField, column, label, pane, row
from app.ui.plain_text import breakable, shown
from app.ui.tasks import TaskScope
from app.ui.tokens import SPACE_M, SPACE_S

LOOK_MS = 1000
APPLY = "change the running call"
WHAT_HOLDS = (
    "What you write here holds in it from the next turn on. The file stays as it is, "
    "and what is left empty too."
)
AS_IT_IS = "As it is"


class BotLive(QWidget):
    """A card over a bot's page while it is in calls; hidden otherwise. UI loop only."""

    def __init__(self, tasks: TaskScope) -> None:
        super().__init__()
        self._tasks = tasks
        self._desk: AgentDesk | None = None
        self._agent = ""
        self._calls = 0
        self._said = ""
        self._applied: dict[LiveSetting, str] = {}
        """What holds in the calls of the bot that is shown, as far as it was changed here."""
        self.says = label("", Role.SECONDARY, wrap=True)
        self.instructions = TextArea("Instructions in the call", placeholder=AS_IT_IS, lines=3)
        self.model = TextField("Model in the call", placeholder=AS_IT_IS)
        self.voice = TextField("Voice in the call", placeholder=AS_IT_IS)
        self.fields = {
            LiveSetting.INSTRUCTIONS: Field("Instructions", self.instructions),
            LiveSetting.MODEL: Field("Model", self.model),
            LiveSetting.VOICE: Field("Voice", self.voice),
        }
        self.apply = Button("Change the call")
        self.apply.setToolTip("Change the call that runs, until it ends")
        self._lay_out()
        self.apply.clicked.connect(self._press)
        self.instructions.textChanged.connect(self._show)
        self.model.textChanged.connect(self._show)
        self.voice.textChanged.connect(self._show)
        self.hide()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look_again)

    def give_desk(self, desk: AgentDesk) -> None:
        self._desk = desk

    def show_agent(self, agent_id: str) -> None:
        """Watch the calls of another bot from now on."""
        if agent_id != self._agent:
            self._agent = agent_id
            self._begin_anew()
        self._timer.start()
        self.look()

    @Slot()
    def look(self) -> None:
        """See in how many calls the bot is."""
        if self._desk is None or not self._agent:
            return
        calls = self._desk.running(self._agent)
        if not calls and self._calls:
            self._begin_anew()
        self._calls = calls
        self.setVisible(bool(calls))
        self._show()

    @Slot()
    def _look_again(self) -> None:
        """Calls begin and end elsewhere; nobody needs to know while the page is not seen."""
        page = self.parentWidget()
        if page is not None and page.isVisible():
            self.look()

    @Slot()
    def _show(self) -> None:
        self.apply.setEnabled(bool(self._wanted()) and not self._tasks.busy(APPLY))
        calls = "a call" if self._calls == 1 else f"{self._calls} calls"
        words = f"It is in {calls} now. {self._said or WHAT_HOLDS}"
        self.says.setText(breakable(shown(words, 400)))

    def _begin_anew(self) -> None:
        self._applied, self._said = {}, ""
        for field in self.fields.values():
            field.show_error("")
        self.instructions.clear()
        self.model.clear()
        self.voice.clear()

    def _wanted(self) -> dict[LiveSetting, str]:
        """What is written and does not hold yet."""
        written = {
            LiveSetting.INSTRUCTIONS: self.instructions.toPlainText().strip(),
            LiveSetting.MODEL: self.model.text().strip(),
            LiveSetting.VOICE: self.voice.text().strip(),
        }
        return {
            setting: value
            for setting, value in written.items()
            if value and self._applied.get(setting) != value
        }

    @Slot()
    def _press(self) -> None:
        if self._desk is not None and not self._tasks.busy(APPLY):
            self._tasks.spawn(self._apply(self._desk, self._agent), doing=APPLY)
            self.apply.setEnabled(False)

    async def _apply(self, desk: AgentDesk, agent: str) -> None:
        """Make each change by itself: one that cannot be stands in nobody's way."""
        changed: list[str] = []
        for setting, value in self._wanted().items():
            error = ""
            try:
                changed += await desk.change_bot(agent, (LiveChange(setting, value),))
            except UserError as refused:
                error = str(refused)
            if agent != self._agent:
                return
            self.fields[setting].show_error(error)
            if not error:
                self._applied[setting] = value
        self._said = f"Changed in it: {', '.join(changed)}." if changed else ""
        errors = [field.error for field in self.fields.values() if field.error]
        announce(self, " ".join([self._said, *errors]))
        # The task counts as busy until it has returned.
        QTimer.singleShot(0, self, self.look)

    def _lay_out(self) -> None:
        ground = pane(Pane.CARD)
        lines = column(ground, (SPACE_M, SPACE_S + 2, SPACE_M, SPACE_M), SPACE_S + 2)
        lines.addWidget(self.says)
        lines.addWidget(self.fields[LiveSetting.INSTRUCTIONS])
        across = row(None, gap=SPACE_M)
        for setting in (LiveSetting.MODEL, LiveSetting.VOICE):
            across.addWidget(self.fields[setting], 1, Qt.AlignmentFlag.AlignTop)
        lines.addLayout(across)
        foot = row(None)
        foot.addStretch(1)
        foot.addWidget(self.apply)
        lines.addLayout(foot)
        row(self).addWidget(ground)
