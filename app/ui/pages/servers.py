"""The section Servers: the list, one server beside it, and the dialogs over them."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from app.domain.back_office import ServerDesk
from app.domain.call_plan import CallPlan
from app.domain.errors import UserError
from app.domain.ports import Clock
from app.domain.servers import ServerKind, ServerView
from app.domain.step_outcome import DeviceTest
from app.ui.controls import (
    Button,
    Dialog,
    Kind,
    Pane,
    Role,
    column,
    confirmation,
    label,
    pane,
    row,
)
from app.ui.labels import Tone
from app.ui.pages.connection_tests import ConnectionTests
from app.ui.pages.server_detail import ServerDetail
from app.ui.pages.server_editor import ServerEditor
from app.ui.pages.server_import import ServerImport
from app.ui.pages.server_list import ServerList
from app.ui.pages.server_words import outcome
from app.ui.pages.token_inspector import TokenInspector
from app.ui.plain_text import shown, shown_lines
from app.ui.tasks import TaskScope
from app.ui.toasts import Level, Toast
from app.ui.tokens import SPACE_S, Token

AnyDialog = TypeVar("AnyDialog", bound=Dialog)
LIST_WIDTH = 300
LOOK_MS = 4000
READING = "Reading the servers…"
LONELY = (
    "Add a server of yours, or a project of LiveKit Cloud, to see its rooms and talk to its agents."
)


class Servers(QWidget):
    """The server profiles. UI loop only; it looks again every four seconds while it is seen."""

    toast_wanted = Signal(object)
    changed = Signal()
    """Servers were added, changed or removed."""

    def __init__(
        self,
        tasks: TaskScope,
        clock: Clock,
        devices: DeviceTest,
        bring_to_stage: Callable[[CallPlan], None],
    ) -> None:
        """`bring_to_stage` starts a call beside the others, or raises UserError where that cannot be."""
        super().__init__()
        self._tasks = tasks
        self._bring_to_stage = bring_to_stage
        self._clock = clock
        self._desk: ServerDesk | None = None
        self._views: dict[str, ServerView] = {}
        self.tests = ConnectionTests(tasks, devices, self)
        self.list = ServerList()
        self.add = Button("Add a server", icon="plus")
        self.add.setToolTip("Self-hosted, or a project of LiveKit Cloud")
        self.fetch = Button("Import from lk", kind=Kind.GHOST)
        self.fetch.setToolTip("Take over the projects of the lk command and LIVEKIT_* variables")
        self.note = label(READING, Role.SECONDARY, wrap=True)
        self.trouble = label("", Role.STRONG, wrap=True)
        self.trouble.set_ink(Token.BAD)
        self.again = Button("Try again")
        self.detail = ServerDetail()
        self.dialog: Dialog | None = None
        """The one that is open."""
        self.looking = QTimer(self)
        """Runs while the page is seen."""
        self.looking.setInterval(LOOK_MS)
        self._lay_out()
        self._connect()
        self._show_trouble(None)
        self._enable(able=False)

    def give_desk(self, desk: ServerDesk) -> None:
        """From now on there are servers."""
        self._desk = desk
        self._enable(able=True)
        self.look()

    @Slot()
    def look(self) -> None:
        """See what there is now."""
        if not self._tasks.busy("read the servers"):
            self._spawn(self._look(), "read the servers")

    @property
    def chosen(self) -> ServerView | None:
        return self._views.get(self.list.name)

    # What is done

    async def _look(self) -> None:
        if self._desk is None:
            return
        try:
            views = await self._desk.look()
        except UserError as error:
            self._show_trouble(error)
            return
        self._show_trouble(None)
        self._show_views(views)

    async def _save(self, editor: ServerEditor) -> None:
        entered = editor.entered()
        if entered is None or self._desk is None:
            return
        before = self.list.name if editor.replaces else ""
        editor.show_busy("Saving…")
        try:
            await self._desk.put(entered.profile, entered.key, entered.secret, editor.replaces)
        except UserError as error:
            self._show_failure(editor, error)
            return
        self._close(editor)
        self.tests.forget(before)
        await self._look()
        self.list.choose(entered.profile.name)
        self.changed.emit()

    async def _remove(self, question: Dialog) -> None:
        name = self.list.name
        if self._desk is None:
            return
        question.show_busy("Removing…")
        try:
            await self._desk.remove(name)
        except UserError as error:
            self._show_failure(question, error)
            return
        self._close(question)
        self.tests.forget(name)
        await self._look()
        self.changed.emit()

    async def _find(self, dialog: ServerImport) -> None:
        if self._desk is None:
            return
        try:
            found = await self._desk.found()
        except UserError as error:
            self._show_failure(dialog, error)
            return
        if self.dialog is dialog:
            dialog.show_found(found)

    async def _take(self, dialog: ServerImport) -> None:
        if self._desk is None:
            return
        names = dialog.ticked()
        dialog.show_busy("Importing…")
        try:
            await self._desk.take(names)
        except UserError as error:
            self._show_failure(dialog, error)
            return
        self._close(dialog)
        for name in names:
            self.tests.forget(name)
        await self._look()
        count = f"{len(names)} server{'s' if len(names) != 1 else ''}"
        self.toast_wanted.emit(Toast(Level.INFO, f"Imported {count}", key="import"))
        self.changed.emit()

    async def _inspect(self, inspector: TokenInspector, token: str) -> None:
        if self._desk is None:
            return
        try:
            report = await self._desk.inspect(token)
        except UserError as error:
            if self.dialog is inspector:
                inspector.show_wrong(error)
            return
        if self.dialog is inspector and inspector.token.text().strip() == token:
            inspector.show_report(report)

    async def _join(self, inspector: TokenInspector) -> None:
        if self._desk is None:
            return
        inspector.show_busy("Joining…")
        try:
            plan = await self._desk.join_plan(
                inspector.token.text(),
                inspector.url.text(),
                unencrypted_confirmed=inspector.clear_is_meant.isChecked(),
            )
            if self.dialog is not inspector:
                return
            self._bring_to_stage(plan)
        except UserError as error:
            self._show_failure(inspector, error)
            return
        self._close(inspector)

    # What is pressed

    @Slot()
    def _add(self) -> None:
        self._edit_with(ServerEditor(self, [view.profile for view in self._views.values()]))

    @Slot()
    def _edit(self) -> None:
        view = self.chosen
        if view is not None:
            others = [other.profile for other in self._views.values() if other is not view]
            self._edit_with(ServerEditor(self, others, view.profile))

    def _edit_with(self, editor: ServerEditor) -> None:
        editor.accepted.connect(partial(self._start, self._save, editor, "store the server"))
        editor.remove_pressed.connect(self._ask_to_remove)
        self._open(editor, editor.name)

    @Slot()
    def _ask_to_remove(self) -> None:
        view = self.chosen
        if view is None or view.profile.kind is ServerKind.THIS_COMPUTER:
            return
        name = view.profile.name
        words = (
            f"Greenroom forgets {shown(view.profile.url)} and its key. "
            "The server itself, and the calls on it, stay as they are."
        )
        question = confirmation(self, f"Remove {shown(name)} from Greenroom?", words, "Remove it")
        question.accepted.connect(partial(self._start, self._remove, question, f"remove {name}"))
        self._open(question)

    @Slot()
    def _import(self) -> None:
        dialog = ServerImport(self)

        dialog.accepted.connect(partial(self._start, self._take, dialog, "import the servers"))
        self._open(dialog, dialog.cancel)
        self._spawn(self._find(dialog), "look for servers to import")

    @Slot()
    def _read_token(self) -> None:
        inspector = TokenInspector(self, self._clock)
        inspector.token_entered.connect(partial(self._start_reading, inspector))
        inspector.accepted.connect(
            partial(self._start, self._join, inspector, "join with the token")
        )
        self._open(inspector, inspector.token)

    @Slot()
    def _test(self) -> None:
        name = self.list.name
        run = self.tests.run_of(name)
        if run is not None and run.running:
            self.tests.cancel(name)
        elif self._desk is not None and name:
            self.tests.start(self._desk, name)

    # What is shown

    def _show_views(self, views: tuple[ServerView, ...]) -> None:
        self._views = {view.profile.name: view for view in views}
        self.list.show_servers(views)
        self._scroll.setVisible(bool(views))
        self._scroll.updateGeometry()
        self.note.setText(LONELY)
        self.note.setVisible(len(views) < 2)
        self._show_detail()

    @Slot()
    def _show_detail(self) -> None:
        view = self.chosen
        self.detail.setVisible(view is not None)
        if view is not None:
            self.detail.show_server(view)

    @Slot()
    def _show_chosen(self) -> None:
        self._show_detail()
        self.detail.show_run(self.tests.run_of(self.list.name))

    @Slot(str)
    def _show_test(self, name: str) -> None:
        if name == self.list.name:
            self.detail.show_run(self.tests.run_of(name))
        self._show_lights()

    @Slot(str, int)
    def _show_step(self, name: str, index: int) -> None:
        if name == self.list.name:
            self.detail.show_step(index)

    def _show_lights(self) -> None:
        tested: dict[str, tuple[str, Tone]] = {}
        for name in self._views:
            run = self.tests.run_of(name)
            if run is not None and not run.running:
                bad = ("could not be made", Tone.BAD)
                tested[name] = bad if run.error else outcome(run.steps, whole=not run.cancelled)
        self.list.show_tested(tested)

    def _show_trouble(self, error: UserError | None) -> None:
        self.trouble.setText(
            shown_lines(f"{error.title}\n{error.hint}".strip(), 600) if error else ""
        )
        self.trouble.setVisible(error is not None)
        self.again.setVisible(error is not None)
        if error is not None:
            self.note.hide()

    def _enable(self, *, able: bool) -> None:
        self.add.setEnabled(able)
        self.fetch.setEnabled(able)
        self.detail.setVisible(able and self.chosen is not None)

    def _open(self, dialog: Dialog, first: QWidget | None = None) -> None:
        self.dialog = dialog
        dialog.finished.connect(self._forget_dialog)
        dialog.open(first)

    @Slot()
    def _forget_dialog(self) -> None:
        self.dialog = None

    def _show_failure(self, dialog: Dialog, error: UserError) -> None:
        """In the dialog, or as a message when that was closed meanwhile."""
        if self.dialog is dialog:
            dialog.show_error(error.title, error.hint)
        else:
            raise error

    def _close(self, dialog: Dialog) -> None:
        if self.dialog is dialog:
            dialog.done()

    def _start(
        self, act: Callable[[AnyDialog], Coroutine[Any, Any, None]], dialog: AnyDialog, doing: str
    ) -> None:
        self._spawn(act(dialog), doing)

    def _start_reading(self, inspector: TokenInspector, token: str) -> None:
        self._spawn(self._inspect(inspector, token), "read the token")

    def _spawn(self, coro: Coroutine[Any, Any, None], doing: str) -> None:
        self._tasks.spawn(coro, doing=doing)

    def _connect(self) -> None:
        self.list.chosen.connect(self._show_chosen)
        self.add.clicked.connect(self._add)
        self.fetch.clicked.connect(self._import)
        self.again.clicked.connect(self.look)
        self.detail.edit_pressed.connect(self._edit)
        self.detail.token_pressed.connect(self._read_token)
        self.detail.test_pressed.connect(self._test)
        self.tests.changed.connect(self._show_test)
        self.tests.stepped.connect(self._show_step)
        self.looking.timeout.connect(self.look)

    def _lay_out(self) -> None:
        side = pane(Pane.LIST)
        side.setFixedWidth(LIST_WIDTH)
        lines = column(side, (10, 10, 11, 10), SPACE_S)
        self._scroll = _ListScroll(self.list)
        lines.addWidget(self._scroll)
        self._scroll.hide()
        for words in (self.trouble, self.note):
            words.setContentsMargins(6, SPACE_S, 6, 0)
            lines.addWidget(words)
        retry = row(margins=(6, 0, 0, 0))
        retry.addWidget(self.again)
        retry.addStretch(1)
        lines.addLayout(retry)
        acts = row(margins=(6, SPACE_S, 0, 0), gap=6)
        acts.addWidget(self.add)
        acts.addWidget(self.fetch)
        acts.addStretch(1)
        lines.addLayout(acts)
        lines.addStretch(1)
        across = row(self)
        across.addWidget(side)
        across.addWidget(self.detail, 1)
        across.addStretch(0)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.looking.start()
        if self._desk is not None:
            self.look()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self.looking.stop()


class _ListScroll(QScrollArea):
    """As high as its list, as long as there is room."""

    def __init__(self, content: ServerList) -> None:
        super().__init__()
        self._content = content
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setWidget(content)
        content.shown_item.connect(self._reveal)

    @Slot(int)
    def _reveal(self, index: int) -> None:
        box = self._content.item_rect(index).toAlignedRect()
        self.ensureVisible(0, box.center().y(), 0, box.height())

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(LIST_WIDTH, self._content.height())
