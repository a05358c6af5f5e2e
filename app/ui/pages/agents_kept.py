"""Keeps on the disk what is not saved on the Agents page, and brings it back at the next start."""

import asyncio
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.agent_desk import AgentDesk, KeptDraft
from app.domain.errors import UserError
from app.ui.pages.agents_draft import Draft
from app.ui.plain_text import shown
from app.ui.tasks import TaskScope
from app.ui.toasts import Level, Toast

KEEP_AFTER_MS = 500
"""Whatever ends Greenroom, no more than this much typing is lost."""
KEEP = "keep what is not saved"
READ = "read what was not saved"
GONE = "The preset {} is not there any more"
GONE_WORDS = "You had left it edited and not saved. That text lies in {} now."


class KeptDrafts(QObject):
    """Follows the drafts of a page. UI loop only."""

    told = Signal(object)
    """Toast: a draft has no preset any more."""

    def __init__(self, drafts: Mapping[str, Draft], tasks: TaskScope, parent: QObject) -> None:
        """`drafts` are those of the page, by the ids of their presets; the page changes them."""
        super().__init__(parent)
        self._drafts = drafts
        self._tasks = tasks
        self._desk: AgentDesk | None = None
        self._waiting: dict[str, KeptDraft] = {}
        """Those whose presets were not opened yet."""
        self._written: dict[str, KeptDraft] = {}
        """As they are on the disk."""
        self._turn = asyncio.Lock()
        """Whoever goes to the disk does so alone."""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(KEEP_AFTER_MS)
        self._rest.timeout.connect(self._keep_now)

    @property
    def unsaved(self) -> tuple[str, ...]:
        """The ids of the presets that are not saved."""
        edited = (agent_id for agent_id, draft in self._drafts.items() if draft.unsaved)
        return (*self._waiting, *edited)

    async def read(self, desk: AgentDesk) -> None:
        """Learn, once, what was left unsaved. Without that the page works all the same."""
        async with self._turn:
            if self._desk is not None:
                return
            try:
                self._written = dict(await desk.kept_drafts())
            except UserError as error:
                self.told.emit(Toast(Level.ERROR, error.title, error.hint, READ))
            self._desk = desk
            self._waiting = dict(self._written)

    async def put_orphans_aside(self, presets: AbstractSet[str]) -> None:
        """Give a draft whose preset is not among these a file of its own, and say where that is."""
        async with self._turn:
            for agent_id in self._waiting.keys() - presets:
                assert self._desk is not None
                path = await self._desk.put_draft_aside(agent_id, self._waiting[agent_id])
                self._waiting.pop(agent_id, None)
                self._written.pop(agent_id, None)
                title = GONE.format(shown(agent_id, 60))
                self.told.emit(Toast(Level.WARNING, title, GONE_WORDS.format(shown(str(path)))))

    def restore(self, draft: Draft) -> None:
        """Bring back what was left unsaved of a preset that has just been opened."""
        kept = self._waiting.pop(draft.agent_id, None)
        if kept is not None:
            draft.restore(kept)
        self.note()

    def forget(self, agent_id: str) -> None:
        """A preset was removed, and what was not saved of it with it."""
        self._waiting.pop(agent_id, None)
        self.note()

    @Slot()
    def note(self) -> None:
        """Something may not be saved, or may be now."""
        if not self._rest.isActive():
            self._rest.start()

    async def keep(self) -> None:
        """Bring the disk up to what is not saved now. Raises UserError."""
        self._rest.stop()
        async with self._turn:
            if self._desk is None:
                return
            wanted = dict(self._waiting)
            wanted |= {key: draft.kept for key, draft in self._drafts.items() if draft.unsaved}
            for agent_id in {**self._written, **wanted}:
                if wanted.get(agent_id) != self._written.get(agent_id):
                    await self._write(self._desk, agent_id, wanted.get(agent_id))

    async def _write(self, desk: AgentDesk, agent_id: str, draft: KeptDraft | None) -> None:
        await desk.keep_draft(agent_id, draft)
        if draft is None:
            del self._written[agent_id]
        else:
            self._written[agent_id] = draft

    @Slot()
    def _keep_now(self) -> None:
        self._tasks.spawn(self.keep(), doing=KEEP)
