"""The Agents page: the list of agents, one of them as a form beside its text, and what can be done with it."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.domain.agent_desk import AgentDesk, AgentHealth, AgentView
from app.domain.bot_files import Isolation
from app.domain.errors import UserError
from app.ui.controls import Button, Pane, Role, column, label, pane, row
from app.ui.keys import on_key
from app.ui.pages.agents_acts import AgentActs
from app.ui.pages.agents_bot import BotView
from app.ui.pages.agents_bot_live import BotLive
from app.ui.pages.agents_draft import Draft
from app.ui.pages.agents_extras import Installs
from app.ui.pages.agents_kept import KeptDrafts
from app.ui.pages.agents_list import AgentList
from app.ui.pages.agents_live import LiveChanges
from app.ui.pages.agents_preset import PresetView, page_scroll
from app.ui.pages.rooms_blank import Blank
from app.ui.plain_text import breakable, shown
from app.ui.tasks import TaskScope
from app.ui.toasts import Level, Toast
from app.ui.tokens import SPACE_L, SPACE_S, TOP_HEIGHT, Token

LIST_WIDTH = 240
LOOK = "look at the agents"
READING = "Reading the agents…"
OPENING = "Opening it…"
NO_AGENTS = "No agents yet"
NO_AGENTS_WORDS = "An agent is a preset, which is edited here as a form, or a bot.py of yours."
LONELY = "Make a preset of your own, or run a bot.py that you have."
LOOK_FAILED = UserError("The agents could not be read.", "The log says why.")


class AgentsPage(QWidget):
    """The agents of this account. UI loop only: build it inside a running loop.

    It shows what the desk says. Texts that are not saved stay in memory, each with its undo history, and on the disk
    until the next start.
    """

    told = Signal(object)
    """Toast: something was done."""
    key_wanted = Signal(str)
    """A key of this provider is missing."""
    on_stage = Signal()
    """A call was opened there."""

    def __init__(self, tasks: TaskScope) -> None:
        super().__init__()
        self._tasks = tasks
        self._desk: AgentDesk | None = None
        self._views: dict[str, AgentView] = {}
        self._looks = 0
        self._wanted = ""
        self._known_once = False
        self.drafts: dict[str, Draft] = {}
        """The presets that were opened, by id."""
        self.kept = KeptDrafts(self.drafts, tasks, self)
        self.installs = Installs(tasks, self)
        self.acts = AgentActs(self, tasks, self.installs)
        self.count = label("", Role.SECONDARY)
        self.count.set_ink(Token.TEXT3)
        self.run_bot = Button("Run a bot.py…")
        self.new = Button("New preset", icon="plus")
        self.list = AgentList()
        self.note = label(READING, Role.SECONDARY, wrap=True)
        self.again = Button("Try again")
        self.blank = Blank()
        self.live = LiveChanges(tasks)
        self.preset = PresetView(self.installs, self.live)
        self.bot = BotView(self.installs, BotLive(tasks))
        self.stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self._enable()
        self.again.hide()
        self.blank.show_running(READING)

    def give_desk(self, desk: AgentDesk) -> None:
        """From now on there are agents to show."""
        self._desk = desk
        self.installs.give_desk(desk)
        self.live.give_desk(desk)
        self.bot.live.give_desk(desk)
        self.acts.give_desk(desk)
        self._enable()
        if self.isVisible():
            self.look()

    @Slot()
    def look(self) -> None:
        """See what there is now."""
        if self._desk is not None and not self._tasks.busy(LOOK):
            self._tasks.spawn(self._look(self._desk), doing=LOOK)

    async def keep(self) -> None:
        """Bring what is not saved to the disk, before Greenroom is left. Raises UserError."""
        await self.kept.keep()

    @property
    def chosen(self) -> AgentView | None:
        return self._views.get(self.list.agent_id)

    @property
    def draft(self) -> Draft | None:
        """Of the chosen preset, once it was read."""
        return self.drafts.get(self.list.agent_id)

    # What is known

    async def _look(self, desk: AgentDesk) -> None:
        self._looks += 1
        this = self._looks
        failure: UserError | None = LOOK_FAILED
        try:
            await self.kept.read(desk)
            views = await desk.look()
            failure = None
            if this == self._looks:
                self._show_views(views)
        except UserError as error:
            failure = error
        finally:
            if failure is not None and this == self._looks:
                self._show_failure(failure)
        if not self._known_once:
            self._known_once = True
            self.acts.read_catalogue()

    def _show_views(self, views: tuple[AgentView, ...]) -> None:
        self._views = {view.id: view for view in views}
        self.again.hide()
        own = sum(not view.shipped for view in views)
        self.note.setText(LONELY)
        self.note.set_ink(Token.TEXT3)
        self.note.setVisible(bool(views) and not own)
        self.count.setText(f"{len(views)} agents" if len(views) > 1 else "")
        before = self.list.agent_id
        self.list.show_agents(views)
        wanted, self._wanted = self._wanted, ""
        if wanted in self._views:
            self.list.choose(wanted)
        if self.list.agent_id == before:
            self._show_chosen()
        self._enable()
        self._mark_unsaved()
        presets = {view.id for view in views if view.bot is None}
        self._spawn(self.kept.put_orphans_aside(presets), "put a text aside")

    def _show_failure(self, error: UserError) -> None:
        self.note.setText(breakable(shown(f"{error.title} {error.hint}".strip(), 400)))
        self.note.set_ink(Token.BAD)
        self.note.show()
        self.again.show()
        if not self._views:
            self.blank.show_words(shown(error.title), error.hint, "")
            self.stack.setCurrentWidget(self.blank)

    @Slot()
    def _show_chosen(self) -> None:
        """Show the chosen agent with what is known of it, and ask for the rest."""
        view = self.chosen
        if view is None or self._desk is None:
            if not self._views:
                self.blank.show_words(NO_AGENTS, NO_AGENTS_WORDS, "Run a bot.py…")
            self.stack.setCurrentWidget(self.blank)
            return
        if view.bot is not None:
            self.bot.show_agent(view, view.bot)
            self.stack.setCurrentWidget(self.bot)
            self._spawn(self._know_bot(self._desk, view, view.bot.path), f"look at {view.name}")
            return
        draft = self.drafts.get(view.id)
        if draft is not None:
            self._show_draft(view, draft)
        else:
            self.blank.show_running(OPENING)
            self.stack.setCurrentWidget(self.blank)
        self._spawn(self._open(self._desk, view), f"open {view.name}")

    async def _open(self, desk: AgentDesk, view: AgentView) -> None:
        try:
            text = await desk.text_of(view.id)
        except UserError as error:
            if self.list.agent_id == view.id and view.id not in self.drafts:
                self.blank.show_words(shown(error.title), error.hint, "Try again")
                return
            raise
        known = self.drafts.get(view.id)
        if known is not None:
            known.show_disk(text)
        else:
            known = self.drafts[view.id] = Draft(desk, view.id, text, self)
            known.changed.connect(self._mark_unsaved)
            known.changed.connect(self.kept.note)
            self.kept.restore(known)
        if self.list.agent_id == view.id:
            self._show_draft(view, known)
            await self._know_preset(desk, view.id)

    def _show_draft(self, view: AgentView, draft: Draft) -> None:
        self.preset.show_draft(view, draft)
        self.preset.show_catalogue(self.acts.entries)
        self.stack.setCurrentWidget(self.preset)

    async def _know_preset(self, desk: AgentDesk, agent_id: str) -> None:
        expected = await desk.expected(agent_id)
        if self.list.agent_id == agent_id:
            self.preset.show_expected(expected)
        troubles = await desk.troubles(agent_id)
        if self.list.agent_id == agent_id:
            self.preset.show_troubles(troubles)

    async def _know_bot(self, desk: AgentDesk, view: AgentView, path: Path) -> None:
        try:
            found = await desk.look_at_bot(path)
        except UserError as error:
            if self.list.agent_id == view.id:
                self.bot.show_error(error)
            return
        if self.list.agent_id == view.id:
            self.bot.show_look(found)
        troubles = await desk.troubles(view.id)
        if self.list.agent_id == view.id:
            self.bot.show_troubles(troubles)

    @Slot()
    def _mark_unsaved(self) -> None:
        self.list.show_unsaved(self.kept.unsaved)

    @Slot()
    def _show_catalogue(self) -> None:
        self.preset.show_catalogue(self.acts.entries)

    # What is pressed

    @Slot()
    def save(self) -> None:
        """Write the chosen preset's text."""
        view, draft = self.chosen, self.draft
        if self._desk is not None and view is not None and draft is not None and draft.unsaved:
            self._spawn(self._only_save(self._desk, view, draft), f"save {view.name}")

    async def _only_save(self, desk: AgentDesk, view: AgentView, draft: Draft) -> None:
        await self._save(desk, view, draft)

    async def _save(self, desk: AgentDesk, view: AgentView, draft: Draft) -> str:
        self.preset.show_busy("Saving…")
        try:
            text = draft.text
            agent_id = await desk.save(view.id, text)
        finally:
            self.preset.show_busy("")
        draft.note_saved(text)
        if agent_id != view.id:
            self._move_draft(view, draft, agent_id)
        await self._look(desk)
        return agent_id

    def _move_draft(self, view: AgentView, draft: Draft, agent_id: str) -> None:
        """What was edited of a shipped preset belongs to its copy from now on."""
        del self.drafts[view.id]
        draft.agent_id = agent_id
        self.drafts[agent_id] = draft
        self._wanted = agent_id
        title = f"Saved as a copy of {shown(view.name, 60)}"
        self.told.emit(
            Toast(Level.INFO, title, "The one that came with Greenroom stays as it was.")
        )

    @Slot()
    def _revert(self) -> None:
        if self._desk is not None and self.draft is not None and self.chosen is not None:
            moved_on = self.draft.moved_on
            self.draft.revert()
            if moved_on:
                self._spawn(self._open(self._desk, self.chosen), "read the file")

    @Slot()
    def test(self) -> None:
        """Open a call with the chosen agent; say first what will fail."""
        view = self.chosen
        if self._desk is None or view is None or self._tasks.busy("test the agent"):
            return
        if view.bot is not None and not self.bot.agreed:
            self.acts.ask_consent(view)
        else:
            self._spawn(self._test(self._desk, view), "test the agent")

    async def _test(self, desk: AgentDesk, view: AgentView, *, warned: bool = False) -> None:
        draft = self.drafts.get(view.id)
        agent_id = view.id
        if view.bot is None and draft is not None and draft.unsaved:
            agent_id = await self._save(desk, view, draft)
        shown_by = self.preset if view.bot is None else self.bot
        shown_by.show_busy("Opening a call…")
        try:
            troubles = () if warned else await desk.troubles(agent_id)
            blocking = [trouble for trouble in troubles if trouble.blocking]
            if blocking:
                shown_by.show_troubles(troubles)
                self.acts.warn(blocking, lambda: self._test_anyway(desk, agent_id))
                return
            await desk.test(agent_id)
        finally:
            shown_by.show_busy("")
        self.on_stage.emit()

    def _test_anyway(self, desk: AgentDesk, agent_id: str) -> None:
        view = self._views.get(agent_id)
        if view is not None:
            self._spawn(self._test(desk, view, warned=True), "test the agent")

    @Slot(str)
    def _choose_service(self, part: str) -> None:
        if self.draft is not None:
            self.acts.choose_service(part, self.draft)

    @Slot()
    def _new_preset(self) -> None:
        self._ask_for_preset("")

    @Slot()
    def _copy_preset(self) -> None:
        self._ask_for_preset(self.list.agent_id)

    def _ask_for_preset(self, like: str) -> None:
        presets = [view for view in self._views.values() if view.bot is None]
        whole = [view for view in presets if view.health is not AgentHealth.BROKEN] or presets
        if whole:
            self.acts.new_preset(whole, like)

    @Slot()
    def _ask_consent(self) -> None:
        if self.chosen is not None:
            self.acts.ask_consent(self.chosen)

    @Slot()
    def _remove_chosen(self) -> None:
        self._remove(self.list.agent_id)

    @Slot(str)
    def _remove(self, agent_id: str) -> None:
        view = self._views.get(agent_id)
        if view is not None and (view.bot is not None or not view.shipped):
            self.acts.remove(view)

    @Slot(object, object)
    def _set_bot(self, isolation: Isolation, greets_after_s: float | None) -> None:
        if self._desk is not None and self.chosen is not None:
            setting = self._set(self._desk, self.chosen.id, isolation, greets_after_s)
            self._spawn(setting, "change the bot")

    async def _set(
        self, desk: AgentDesk, agent_id: str, isolation: Isolation, greets_after_s: float | None
    ) -> None:
        try:
            await desk.set_bot(agent_id, isolation=isolation, greets_after_s=greets_after_s)
        finally:
            await self._look(desk)

    @Slot(str)
    def _show_changed(self, agent_id: str) -> None:
        self._wanted = agent_id
        if self._desk is not None:
            self._spawn(self._look(self._desk), LOOK)

    @Slot(str)
    def _forget(self, agent_id: str) -> None:
        draft = self.drafts.pop(agent_id, None)
        if draft is not None and self.preset.draft is not draft:
            draft.deleteLater()
        self.kept.forget(agent_id)
        self._show_changed("")

    @Slot()
    def _press_blank(self) -> None:
        if self._views:
            self._show_chosen()
        else:
            self.acts.run_bot()

    # Parts

    def _spawn(self, coro: Coroutine[Any, Any, None], doing: str) -> None:
        self._tasks.spawn(coro, doing=doing)

    def _enable(self) -> None:
        able = self._desk is not None
        self.run_bot.setEnabled(able)
        self.new.setEnabled(able and bool(self._views))

    def _connect(self) -> None:
        self.list.chosen.connect(self._show_chosen)
        self.list.shown_item.connect(self._reveal)
        self.list.remove_pressed.connect(self._remove)
        self.run_bot.clicked.connect(self.acts.run_bot)
        self.new.clicked.connect(self._new_preset)
        self.again.clicked.connect(self.look)
        self.blank.act.clicked.connect(self._press_blank)
        self.acts.changed.connect(self._show_changed)
        self.acts.agreed.connect(self._show_changed)
        self.acts.removed.connect(self._forget)
        self.acts.key_wanted.connect(self.key_wanted)
        self.kept.told.connect(self.told)
        self.acts.known.connect(self._show_catalogue)
        self.installs.installed.connect(self.look)
        self._connect_views()
        keys: tuple[tuple[str, Callable[[], None]], ...] = (
            ("Ctrl+S", self.save),
            ("Ctrl+N", self.new.click),
            ("Ctrl+O", self.run_bot.click),
            ("Ctrl+Return", self.test),
        )
        for key, act in keys:
            on_key(self, key).connect(act)

    def _connect_views(self) -> None:
        self.preset.test_pressed.connect(self.test)
        self.preset.service_pressed.connect(self._choose_service)
        self.preset.copy_pressed.connect(self._copy_preset)
        self.preset.remove_pressed.connect(self._remove_chosen)
        self.preset.key_wanted.connect(self.key_wanted)
        self.preset.editor.save_pressed.connect(self.save)
        self.preset.editor.revert_pressed.connect(self._revert)
        self.bot.test_pressed.connect(self.test)
        self.bot.consent_pressed.connect(self._ask_consent)
        self.bot.remove_pressed.connect(self._remove_chosen)
        self.bot.set_wanted.connect(self._set_bot)
        self.bot.key_wanted.connect(self.key_wanted)

    @Slot(int)
    def _reveal(self, index: int) -> None:
        box = self.list.item_rect(index).toAlignedRect()
        self._side.ensureVisible(0, box.center().y(), 0, box.height())

    def _lay_out(self) -> None:
        self.run_bot.setToolTip("Run a bot file as it is, or a Pipecat project (Ctrl+O)")
        self.new.setToolTip("A preset of your own, made from another (Ctrl+N)")
        page = column(self)
        page.addWidget(self._top())
        across = row()
        side = pane(Pane.SIDE)
        side.setFixedWidth(LIST_WIDTH)
        lines = column(side, (10, 10, 10, 10), SPACE_S)
        content = QWidget()
        inner = column(content, gap=SPACE_S)
        inner.addWidget(self.list)
        self.note.setContentsMargins(6, 4, 6, 0)
        inner.addWidget(self.note)
        inner.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addStretch(1)
        self._side = page_scroll(content)
        self._side.setProperty("ground", "panel")
        lines.addWidget(self._side)
        across.addWidget(side)
        for each in (self.blank, self.preset, self.bot):
            self.stack.addWidget(each)
        across.addWidget(self.stack, 1)
        page.addLayout(across, 1)

    def _top(self) -> QWidget:
        ground = pane(Pane.TOP)
        ground.setFixedHeight(TOP_HEIGHT)
        bar = row(ground, (SPACE_L, 0, SPACE_L, 0), 14)
        bar.addWidget(label("Agents", Role.TITLE))
        bar.addWidget(self.count)
        bar.addStretch(1)
        bar.addWidget(self.run_bot)
        bar.addWidget(self.new)
        return ground

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        if self.draft is not None:
            self.draft.read_now()
