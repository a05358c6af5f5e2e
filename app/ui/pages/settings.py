"""The page Settings: its sections at the left, the chosen one beside them."""

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from app.domain.back_office import ServerDesk
from app.domain.call_plan import CallPlan
from app.domain.ports import Clock
from app.ui.audio.device_check import DeviceCheck
from app.ui.audio.devices import AudioDevices
from app.ui.controls import Pane, Role, column, label, pane, row
from app.ui.fonts import Weight, font, metrics
from app.ui.pages.appearance import Appearance
from app.ui.pages.servers import Servers
from app.ui.paint import draw_rounded, draw_text, middle_baseline
from app.ui.painted import Painted
from app.ui.tasks import TaskScope
from app.ui.tokens import SPACE_L, TOP_HEIGHT, Radius, Size, Token
from app.ui.window_memory import WindowMemory

NAV_WIDTH = 190
_ROW = 35


class SectionList(Painted):
    """The names of the sections, of which one is chosen."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__("Sections of the settings")
        self._names = names
        self.chosen = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_ROW * len(names))
        self.activated.connect(self.choose)

    @Slot(int)
    def choose(self, index: int) -> None:
        self.chosen = index
        self.update()

    def item_count(self) -> int:
        return len(self._names)

    def item_rect(self, index: int) -> QRectF:
        return QRectF(0, index * _ROW, self.width(), _ROW)

    def item_text(self, index: int) -> str:
        return f"{self._names[index]}, chosen" if index == self.chosen else self._names[index]

    def tip_at(self, position: object) -> str:
        return ""

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for index, name in enumerate(self._names):
            box = self.item_rect(index)
            chosen = index == self.chosen
            if chosen:
                draw_rounded(painter, box, Radius.CONTROL, Token.RAISE)
            weight = Weight.Medium if chosen else Weight.Normal
            ink = Token.TEXT if chosen or index == self.hovered else Token.TEXT2
            base = middle_baseline(metrics(Size.BODY, weight), box.top(), _ROW)
            draw_text(painter, box.left() + 10, base, name, font(Size.BODY, weight), ink)


class SettingsPage(QWidget):
    """Servers and appearance. UI loop only; it starts without a desk."""

    toast_wanted = Signal(object)
    """A `Toast` that the window should show."""
    servers_changed = Signal()
    """Server profiles were added, changed or removed."""

    def __init__(
        self,
        desk: ServerDesk | None,
        *,
        tasks: TaskScope,
        memory: WindowMemory,
        clock: Clock,
        audio: AudioDevices,
        bring_to_stage: Callable[[CallPlan], None],
    ) -> None:
        """`bring_to_stage` starts a call beside the others, or raises UserError where that cannot be."""
        super().__init__()
        self.servers = Servers(tasks, clock, DeviceCheck(audio), bring_to_stage)
        self.appearance = Appearance(memory)
        self.sections = SectionList(("Servers", "Appearance"))
        self._stack = QStackedWidget()
        self._stack.addWidget(self.servers)
        self._stack.addWidget(self.appearance)
        self.sections.activated.connect(self._stack.setCurrentIndex)
        self.servers.toast_wanted.connect(self.toast_wanted)
        self.servers.changed.connect(self.servers_changed)
        self._lay_out()
        if desk is not None:
            self.give_desk(desk)

    def give_desk(self, desk: ServerDesk) -> None:
        """From now on there are servers."""
        self.servers.give_desk(desk)

    def show_server(self, name: str) -> None:
        """Go to a server, as a link from another page does."""
        self.show_section(0)
        self.servers.list.choose(name)

    def show_section(self, index: int) -> None:
        self.sections.choose(index)
        self._stack.setCurrentIndex(index)

    def _lay_out(self) -> None:
        top = pane(Pane.TOP)
        top.setFixedHeight(TOP_HEIGHT)
        head = row(top, (SPACE_L, 0, SPACE_L, 0))
        head.addWidget(label("Settings", Role.TITLE))
        head.addStretch(1)
        nav = pane(Pane.SIDE)
        nav.setFixedWidth(NAV_WIDTH)
        entries = column(nav, (10, 10, 11, 10))
        entries.addWidget(self.sections)
        entries.addStretch(1)
        across = row()
        across.addWidget(nav)
        across.addWidget(self._stack, 1)
        lines = column(self)
        lines.addWidget(top)
        lines.addLayout(across, 1)
