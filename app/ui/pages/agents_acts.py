"""What a person does with agents beside editing them: make, add, agree, choose services, remove."""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.agent_desk import AgentDesk, AgentView
from app.domain.bot_files import BotLook, Trouble
from app.domain.errors import UserError
from app.domain.services import ServiceEntry, ServiceKind
from app.ui.controls import Dialog
from app.ui.pages.agents_dialogs import (
    BotDialog,
    NewPresetDialog,
    removal_of,
    what_will_fail,
)
from app.ui.pages.agents_draft import Draft
from app.ui.pages.agents_extras import Installs
from app.ui.pages.agents_service_sheet import Known, ServiceSheet
from app.ui.pages.agents_values import plain_services
from app.ui.tasks import TaskScope

CATALOGUE = "read the catalogue of services"


class AgentActs(QObject):
    """Carries acts to the desk, one dialog at a time. UI loop only.

    What fails stands in the dialog that asked for it; once that is gone, it goes to the scope's `report`.
    """

    changed = Signal(str)
    """Agents were added, changed or removed. Carries the id of the one to show, or nothing."""
    removed = Signal(str)
    agreed = Signal(str)
    """Somebody has agreed to run this bot file."""
    key_wanted = Signal(str)
    known = Signal()
    """The catalogue is there, or has changed."""

    def __init__(self, page: QWidget, tasks: TaskScope, installs: Installs) -> None:
        super().__init__(page)
        self._page = page
        self._tasks = tasks
        self._installs = installs
        self._desk: AgentDesk | None = None
        self._known = Known({}, (), frozenset())
        self.dialog: Dialog | None = None
        """The one that is open."""
        installs.installed.connect(self._look_again)

    def give_desk(self, desk: AgentDesk) -> None:
        self._desk = desk

    @property
    def entries(self) -> dict[str, ServiceEntry]:
        """The catalogue by id, as far as it is known."""
        return dict(self._known.entries)

    def read_catalogue(self) -> None:
        """Ask what there is to choose from, unless it is being asked."""
        if self._desk is not None and not self._tasks.busy(CATALOGUE):
            self._tasks.spawn(self._read_catalogue(self._desk), doing=CATALOGUE)

    # Acts that ask first

    def choose_service(self, part: str, draft: Draft) -> None:
        """Open the sheet of one part of a preset."""
        if draft.preset is None:
            return
        group = plain_services(draft.preset.services).get(part, {})
        kind = ServiceKind(part)
        sheet = ServiceSheet(self._page, kind, group, self._known, self._installs)
        sheet.accepted.connect(partial(self._take_service, sheet, draft))
        sheet.key_wanted.connect(self.key_wanted)
        self._open(sheet, sheet.search)
        self.read_catalogue()

    def new_preset(self, presets: Sequence[AgentView], like: str = "") -> None:
        """Ask for a name and make a preset."""
        asking = NewPresetDialog(self._page, presets, like)
        asking.entered.connect(partial(self._start_making, asking))
        self._open(asking, asking.name)

    def run_bot(self) -> None:
        """Ask for a bot file and list it."""
        if self._desk is not None:
            asking = BotDialog(self._page, self._desk.look_at_bot, self._tasks)
            asking.agreed.connect(partial(self._start_adding, asking))
            self._open(asking, asking.path)

    def ask_consent(self, view: AgentView) -> None:
        """Show what a bot file holds now and ask whether it may run."""
        if self._desk is not None and view.bot is not None:
            asking = BotDialog(self._page, self._desk.look_at_bot, self._tasks, known=view)
            asking.agreed.connect(partial(self._start_agreeing, asking, view.id))
            self._open(asking, asking.cancel)
            asking.take(str(view.bot.path))

    def remove(self, view: AgentView) -> None:
        """Ask whether to remove an agent, then remove it."""
        asking = removal_of(self._page, view)
        asking.accepted.connect(partial(self._start_removing, asking, view.id))
        self._open(asking)

    def warn(self, troubles: Sequence[Trouble], go_on: Callable[[], None]) -> None:
        """Say what will fail; `go_on` is called if somebody starts it nevertheless."""
        asking = what_will_fail(self._page, troubles)

        def start() -> None:
            asking.done()
            go_on()

        asking.accepted.connect(start)
        self._open(asking, asking.cancel)

    # What they start

    def _take_service(self, sheet: ServiceSheet, draft: Draft) -> None:
        draft.edit(("services", sheet.kind.value), sheet.group)
        sheet.done()

    def _start_making(self, asking: Dialog, name: str, like: str) -> None:
        if self._desk is not None:
            making = self._add(asking, self._desk.new_preset(name, like))
            self._tasks.spawn(making, doing="make the preset")

    def _start_adding(self, asking: Dialog, look: BotLook, name: str) -> None:
        if self._desk is not None:
            adding = self._add(asking, self._desk.add_bot(look, name))
            self._tasks.spawn(adding, doing="add the bot file")

    def _start_agreeing(self, asking: Dialog, agent_id: str, look: BotLook, _name: str) -> None:
        if self._desk is not None:
            agreeing = self._agree(asking, agent_id, self._desk.consent(agent_id, look.sha256))
            self._tasks.spawn(agreeing, doing="note the consent")

    def _start_removing(self, asking: Dialog, agent_id: str) -> None:
        if self._desk is not None:
            asking.show_busy("Removing…")
            removing = self._remove(asking, agent_id, self._desk.remove(agent_id))
            self._tasks.spawn(removing, doing="remove the agent")

    async def _add(self, asking: Dialog, act: Coroutine[Any, Any, str]) -> None:
        try:
            agent_id = await act
        except UserError as error:
            self._refuse(asking, error)
            return
        self._end(asking)
        self.changed.emit(agent_id)

    async def _agree(self, asking: Dialog, agent_id: str, act: Coroutine[Any, Any, None]) -> None:
        try:
            await act
        except UserError as error:
            self._refuse(asking, error)
            return
        self._end(asking)
        self.agreed.emit(agent_id)

    async def _remove(self, asking: Dialog, agent_id: str, act: Coroutine[Any, Any, None]) -> None:
        try:
            await act
        except UserError as error:
            self._refuse(asking, error)
            return
        self._end(asking)
        self.removed.emit(agent_id)

    async def _read_catalogue(self, desk: AgentDesk) -> None:
        entries = {entry.id: entry for entry in await desk.catalogue()}
        self._learn(Known(entries, self._known.endpoints, self._known.with_key))
        self._learn(Known(entries, self._known.endpoints, await desk.with_key()))
        endpoints = await desk.endpoints()
        self._learn(Known(entries, endpoints, self._known.with_key))

    def _learn(self, known: Known) -> None:
        if known == self._known:
            return
        self._known = known
        if isinstance(self.dialog, ServiceSheet):
            self.dialog.know(known)
        self.known.emit()

    @Slot()
    def _look_again(self) -> None:
        self.read_catalogue()

    def _open(self, dialog: Dialog, first: QWidget | None = None) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        self.dialog = dialog
        dialog.finished.connect(partial(self._forget, dialog))
        dialog.open(first)

    def _end(self, dialog: Dialog) -> None:
        if self.dialog is dialog:
            dialog.done()

    def _refuse(self, dialog: Dialog, error: UserError) -> None:
        """Say in the dialog what failed; where it has been left, to the window."""
        if self.dialog is not dialog:
            raise error
        dialog.show_error(error.title, error.hint)

    def _forget(self, dialog: Dialog) -> None:
        if self.dialog is dialog:
            self.dialog = None
