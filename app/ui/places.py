"""Where one can go in the window: the Stage and the pages beside it."""

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.ui.rail import Rail


class Place(Enum):
    """A page of the rail: its icon, its word, and whether it stands at the rail's foot."""

    STAGE = ("audio-lines", "Stage", False)
    ROOMS = ("layout-grid", "Rooms", False)
    AGENTS = ("bot", "Agents", False)
    KEYS = ("key-round", "Keys", True)
    SETTINGS = ("sliders-horizontal", "Settings", True)

    def __init__(self, icon: str, word: str, at_foot: bool) -> None:
        self.icon = icon
        self.word = word
        self.at_foot = at_foot


class Places(QObject):
    """Switches between the Stage and the other pages, each built when it is first wanted. UI thread only."""

    moved = Signal()
    """Another page is shown."""

    def __init__(self, stack: QStackedWidget, rail: Rail, home: QWidget) -> None:
        super().__init__(stack)
        self._stack = stack
        self._rail = rail
        self._home = home
        self._builders: dict[Place, Callable[[], QWidget]] = {}
        self._built: dict[Place, QWidget] = {}
        self.current = Place.STAGE
        rail.chosen.connect(self.go)
        rail.add(Place.STAGE.name, Place.STAGE.icon, Place.STAGE.word)
        rail.show_chosen(Place.STAGE.name)

    def add(self, place: Place, build: Callable[[], QWidget]) -> None:
        """Offer a page in the rail from now on."""
        self._builders[place] = build
        self._rail.add(place.name, place.icon, place.word, at_foot=place.at_foot)

    def set_home(self, page: QWidget) -> None:
        """What stands where the Stage is: the first page or the Stage itself."""
        self._home = page
        if self.current is Place.STAGE:
            self._show(page)

    @Slot(str)
    def go(self, name: str) -> None:
        """Show the page of this name; one that is not offered changes nothing."""
        place = Place[name]
        if place is not Place.STAGE and place not in self._builders:
            return
        self.current = place
        self._rail.show_chosen(name)
        self._show(self._page(place))

    def show_badge(self, place: Place, count: int) -> None:
        """Say at a page's button how many things there want to be looked at; 0 for none."""
        self._rail.show_badge(place.name, count)

    def go_to(self, place: Place) -> None:
        self.go(place.name)

    def _page(self, place: Place) -> QWidget:
        if place is Place.STAGE:
            return self._home
        if place not in self._built:
            page = self._built[place] = self._builders[place]()
            self._stack.addWidget(page)
        return self._built[place]

    def _show(self, page: QWidget) -> None:
        if page is not self._stack.currentWidget():
            self._stack.setCurrentWidget(page)
            self.moved.emit()
