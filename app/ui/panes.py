"""Parts of the window, the layouts in them and the menus over them."""

from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget


class Pane(StrEnum):
    """A part of the window with a ground and a border of its own."""

    PAGE = "page"
    TOP = "top"
    RAIL = "rail"
    SIDE = "side"
    SIDE_LIST = "side-list"
    """What scrolls within a side."""
    MIX = "mix"
    DOCK = "dock"
    DOCK_HEAD = "dock-head"
    CARD = "card"
    HERO = "hero"
    DIALOG = "dialog"
    LIST = "list"
    WELL = "well"
    FIELD = "field"
    """Looks like a line that is typed into, and shows one that is not."""
    LINE = "line"
    """Between two parts; it is a pixel high."""


def pane(kind: Pane, parent: QWidget | None = None) -> QWidget:
    """An empty part of the window, painted as its kind says."""
    made = QWidget(parent)
    made.setProperty("pane", kind.value)
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return made


def row(
    parent: QWidget | None = None, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 0
) -> QHBoxLayout:
    """A horizontal layout without Qt's default margins (left, top, right, bottom)."""
    made = QHBoxLayout() if parent is None else QHBoxLayout(parent)
    made.setContentsMargins(*margins)
    made.setSpacing(gap)
    return made


def column(
    parent: QWidget | None = None, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 0
) -> QVBoxLayout:
    """A vertical layout without Qt's default margins (left, top, right, bottom)."""
    made = QVBoxLayout() if parent is None else QVBoxLayout(parent)
    made.setContentsMargins(*margins)
    made.setSpacing(gap)
    return made


def themed_menu(parent: QWidget) -> QMenu:
    """A menu with rounded corners; plain text in its actions is the caller's to make harmless."""
    menu = QMenu(parent)
    bare = Qt.WindowType.FramelessWindowHint | Qt.WindowType.NoDropShadowWindowHint
    menu.setWindowFlags(menu.windowFlags() | bare)
    menu.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu
