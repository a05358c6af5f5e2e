"""The pages beside the Stage, and what they have in common."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.back_office import BackOffice
from app.domain.call_plan import CallPlan
from app.domain.ports import Clock
from app.ui.audio.devices import AudioDevices
from app.ui.places import Place, Places
from app.ui.tasks import TaskScope
from app.ui.window_memory import WindowMemory

if TYPE_CHECKING:
    from app.ui.pages.agents import AgentsPage
    from app.ui.pages.keys import KeysPage
    from app.ui.pages.rooms import RoomsPage
    from app.ui.pages.settings import SettingsPage


class BackPages(QObject):
    """Offers the pages, builds each when it is first wanted, and gives it its desk. UI loop only."""

    told = Signal(object)
    """Toast: what a page has to say."""

    def __init__(
        self,
        places: Places,
        tasks: TaskScope,
        memory: WindowMemory,
        clock: Clock,
        audio: AudioDevices,
        bring_to_stage: Callable[[CallPlan], None],
    ) -> None:
        """`bring_to_stage` starts a call beside the others, or raises UserError where that cannot be."""
        super().__init__(places)
        self._bring_to_stage = bring_to_stage
        self._places = places
        self._tasks = tasks
        self._memory = memory
        self._clock = clock
        self._audio = audio
        self._office: BackOffice | None = None
        self.rooms: RoomsPage | None = None
        self.agents: AgentsPage | None = None
        self.keys: KeysPage | None = None
        self.settings: SettingsPage | None = None
        places.add(Place.ROOMS, self._build_rooms)
        places.add(Place.KEYS, self._build_keys)
        places.add(Place.SETTINGS, self._build_settings)

    def give_office(self, office: BackOffice) -> None:
        """From now on the pages have something to show."""
        offered = self._office is not None and self._office.agents is not None
        self._office = office
        if office.agents is not None and not offered:
            self._places.add(Place.AGENTS, self._build_agents)
        if self.agents is not None and office.agents is not None:
            self.agents.give_desk(office.agents)
        if self.rooms is not None:
            self.rooms.give_desk(office.rooms, office.servers)
        if self.keys is not None:
            self.keys.give_desk(office.keys)
        if self.settings is not None:
            self.settings.give_desk(office.servers)

    async def keep(self) -> None:
        """Bring to the disk what is not saved on a page, before the window goes. Raises UserError."""
        if self.agents is not None:
            await self.agents.keep()

    # Imported when they are wanted: the first frame does not wait for them.

    def _build_rooms(self) -> QWidget:
        from app.ui.pages.rooms import RoomsPage

        page = self.rooms = RoomsPage(self._tasks, self._clock, self._memory.server)
        page.server_chosen.connect(self._remember_server)
        page.told.connect(self.told)
        page.on_stage.connect(self._go_to_stage)
        page.wanting.connect(self._show_wanting)
        if self._office is not None:
            page.give_desk(self._office.rooms, self._office.servers)
        return page

    def _build_agents(self) -> QWidget:
        from app.ui.pages.agents import AgentsPage

        page = self.agents = AgentsPage(self._tasks)
        page.told.connect(self.told)
        page.on_stage.connect(self._go_to_stage)
        page.key_wanted.connect(self._ask_for_key)
        if self._office is not None and self._office.agents is not None:
            page.give_desk(self._office.agents)
        return page

    def _build_keys(self) -> QWidget:
        from app.ui.pages.keys import KeysPage

        page = self.keys = KeysPage(self._tasks, self._clock)
        page.told.connect(self.told)
        if self._office is not None:
            page.give_desk(self._office.keys)
        return page

    def _build_settings(self) -> QWidget:
        from app.ui.pages.settings import SettingsPage

        desk = None if self._office is None else self._office.servers
        page = self.settings = SettingsPage(
            desk,
            tasks=self._tasks,
            memory=self._memory,
            clock=self._clock,
            audio=self._audio,
            bring_to_stage=self._bring_to_stage,
        )
        page.toast_wanted.connect(self.told)
        return page

    @Slot(str)
    def _remember_server(self, name: str) -> None:
        self._memory.server = name

    @Slot(int)
    def _show_wanting(self, rooms: int) -> None:
        self._places.show_badge(Place.ROOMS, rooms)

    @Slot(str)
    def _ask_for_key(self, provider_id: str) -> None:
        self._places.go_to(Place.KEYS)
        if self.keys is not None:
            self.keys.ask_for(provider_id)

    @Slot()
    def _go_to_stage(self) -> None:
        self._places.go_to(Place.STAGE)
