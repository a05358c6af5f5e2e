"""Which server the Rooms page shows: its colour and name, and the menu of the others."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QActionGroup, QIcon, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from app.domain.servers import ServerColour, ServerProfile, ServerView
from app.ui.controls import Dot, ElidedLabel, Role, plain_tip, row, themed_menu
from app.ui.fonts import Weight, font, metrics
from app.ui.icons import ICON_PX
from app.ui.paint import (
    draw_dot,
    draw_focus_ring,
    draw_icon,
    draw_rounded,
    draw_text,
    elided,
    middle_baseline,
    pixmap_for,
    wants_focus_ring,
)
from app.ui.plain_text import shown
from app.ui.server_marks import SERVER_INKS
from app.ui.tokens import BUTTON_HEIGHT, SPACE_S, Radius, Size, Token

WIDEST = 220
SIDE = 12
DOT_ROOM = 15


class ServerMark(QWidget):
    """A dot in the server's colour, its name and its address: what an act that cannot be undone acts on."""

    def __init__(self, profile: ServerProfile) -> None:
        super().__init__()
        across = row(self, gap=SPACE_S)
        across.addWidget(Dot(SERVER_INKS[profile.colour]), 0, Qt.AlignmentFlag.AlignVCenter)
        self.name = ElidedLabel(profile.name, Role.STRONG)
        across.addWidget(self.name)
        across.addWidget(ElidedLabel(profile.url, Role.TERTIARY), 1)


class ServerSwitch(QAbstractButton):
    """A button with the server's dot and name; it opens the menu of all servers. UI thread only."""

    chosen = Signal(str)
    """The name of another server was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._servers: tuple[ServerView, ...] = ()
        self._colour = ServerColour.GREY
        self.opened: QMenu | None = None
        """The menu while it is open."""
        self.setFixedHeight(BUTTON_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self.open_menu)
        self.hide()

    def show_servers(self, servers: Sequence[ServerView], current: str) -> None:
        """Offer these servers, with the one that is shown."""
        self._servers = tuple(servers)
        profile = next((s.profile for s in servers if s.profile.name == current), None)
        self._colour = profile.colour if profile else ServerColour.GREY
        name = shown(current, 60)
        self.setText(name)
        self.setAccessibleName(f"Server: {name}")
        address = profile.url if profile else ""
        self.setToolTip(plain_tip(f"{name} {address}\nChoose another server"))
        self.setVisible(bool(servers))
        self.updateGeometry()
        self.update()

    @Slot()
    def open_menu(self) -> None:
        """Open the menu under the button."""
        menu = self.opened = themed_menu(self)
        group = QActionGroup(menu)
        for server in self._servers:
            name = server.profile.name
            action = menu.addAction(self._icon(server.profile.colour), _entry(server))
            action.setToolTip(plain_tip(server.state))
            action.setCheckable(True)
            action.setChecked(shown(name, 60) == self.text())
            group.addAction(action)
            action.triggered.connect(partial(self._choose, name))
        menu.setToolTipsVisible(True)
        menu.aboutToHide.connect(self._forget)
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    @Slot()
    def _forget(self) -> None:
        self.opened = None

    def _choose(self, name: str, _checked: bool = False) -> None:
        self.chosen.emit(name)

    def _icon(self, colour: ServerColour) -> QIcon:
        dot = pixmap_for(10, 10, self.devicePixelRatioF())
        painter = QPainter(dot)
        draw_dot(painter, QRectF(0, 0, 10, 10).center(), 4, SERVER_INKS[colour])
        painter.end()
        return QIcon(dot)

    def sizeHint(self) -> QSize:  # noqa: N802
        words = metrics(Size.BODY, Weight.Medium).horizontalAdvance(self.text())
        wide = 2 * SIDE + DOT_ROOM + words + SPACE_S + ICON_PX
        return QSize(min(WIDEST, round(wide) + 1), self.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def keyPressEvent(self, e: QKeyEvent) -> None:  # noqa: N802
        if e.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_menu()
        else:
            super().keyPressEvent(e)

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect())
        hot = self.isDown() or self.underMouse()
        draw_rounded(painter, box, Radius.CONTROL, Token.RAISE if hot else Token.CARD, Token.LINE2)
        draw_dot(painter, QRectF(SIDE, 0, 8, box.height()).center(), 4, SERVER_INKS[self._colour])
        face = metrics(Size.BODY, Weight.Medium)
        left = SIDE + DOT_ROOM
        right = box.width() - SIDE - ICON_PX
        text = elided(face, self.text(), right - SPACE_S - left + 1)
        base = middle_baseline(face, 0, box.height())
        draw_text(painter, left, base, text, font(Size.BODY, Weight.Medium), Token.TEXT)
        draw_icon(painter, "chevron-down", Token.TEXT2, right + 2, (box.height() - ICON_PX) / 2)
        if wants_focus_ring(self):
            draw_focus_ring(painter, box)


def _entry(server: ServerView) -> str:
    """A server in the menu; in a menu an ampersand would underline the letter behind it."""
    gone = ", not reachable" if server.reachable is False else ""
    return f"{shown(server.profile.name, 60)}{gone}".replace("&", "&&")
