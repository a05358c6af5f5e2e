"""The style sheet and the palette of the standard widgets, made from the tokens."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtGui import QColor, QPalette

from app.ui.icons import icon_svg
from app.ui.tokens import Radius, Scheme, Size, Token

_SHEET = """
QMainWindow, QWidget[pane="page"] { background: @bg; }
QWidget[pane="top"] { background: @panel; border: 0; border-bottom: 1px solid @line; }
QWidget[pane="rail"], QWidget[pane="side"] { background: @panel; border: 0; border-right: 1px solid @line; }
QWidget[pane="list"] { background: @bg; border: 0; border-right: 1px solid @line; }
QWidget[pane="mix"] { background: @panel; border: 0; border-left: 1px solid @line; }
QWidget[pane="dock"], QWidget[pane="side-list"] { background: @panel; }
QWidget[pane="dock-head"] { background: @panel; border: 0; border-bottom: 1px solid @line; }
QWidget[pane="card"] { background: @card; border: 1px solid @line; border-radius: @radius-card; }
QWidget[pane="hero"] { background: @card; border: 1px solid @line2; border-radius: @radius-card; }
QWidget[pane="dialog"] { background: @panel; border: 1px solid @line2; border-radius: @radius-dialog; }
QScrollArea[frame="list"] { border: 1px solid @line; border-radius: @radius-control; padding: 3px 2px; }
QWidget[pane="field"] { background: @bg; border: 1px solid @line2; border-radius: @radius-control; }
QWidget[pane="line"] { background: @line; }
QWidget[pane="well"] { background: @raise; border-radius: @radius-control; }
QSplitter::handle { background: @line; }

QAbstractScrollArea { background: @bg; border: 0; }
QLineEdit, QComboBox {
  background: @bg; color: @text; border: 1px solid @line2; border-radius: @radius-control; padding: 0 9px;
  min-height: 28px; selection-background-color: @accent; selection-color: @accent-ink;
}
QLineEdit[field="compose"] { min-height: 32px; }
QLineEdit[field="bare"] { background: transparent; border: 1px solid transparent; padding: 0 4px; font-weight: 700; }
QLineEdit:focus, QComboBox:focus { border: 1px solid @accent; }
QLineEdit[wrong="true"] { border: 1px solid @bad; }
QLineEdit:disabled, QComboBox:disabled { color: @text3; background: @panel; }
QPlainTextEdit {
  background: @bg; color: @text; border: 1px solid @line2; border-radius: @radius-control; padding: 3px 5px;
  selection-background-color: @accent; selection-color: @accent-ink;
}
QPlainTextEdit:focus { border: 1px solid @accent; }
QPlainTextEdit[editor="code"] { background: @panel; border: 0; border-radius: 0; padding: 8px 8px; }
QPlainTextEdit:disabled { color: @text3; background: @panel; }
QTextEdit {
  background: @panel; color: @text; border: 1px solid @accent; border-radius: @radius-control;
  selection-background-color: @accent; selection-color: @accent-ink;
}
QComboBox { background: @card; padding-right: 22px; }
QComboBox::drop-down { border: 0; width: 22px; }
QComboBox::down-arrow { image: url("@image-chevron-down"); width: 14px; height: 14px; }
QComboBox QAbstractItemView {
  background: @card; color: @text; border: 1px solid @line2; outline: 0; padding: 4px;
}
QComboBox QAbstractItemView::item { min-height: 26px; padding: 0 6px; border-radius: @radius-inner; }
QComboBox QAbstractItemView::item:selected { background: @raise; color: @text; }
QCheckBox { color: @text; spacing: 8px; }
QCheckBox:disabled { color: @text3; }
QCheckBox::indicator {
  width: 14px; height: 14px; border: 1px solid @line2; border-radius: @radius-inner; background: @bg;
}
QCheckBox::indicator:focus { border-color: @accent; }
QCheckBox::indicator:checked {
  background: @accent; border-color: @accent; image: url("@image-check-ink");
}

QTabBar { background: transparent; font-size: @size-body; }
QTabBar::tab {
  background: transparent; color: @text2; padding: 5px 9px; border-radius: @radius-control;
  border: 1px solid transparent; margin: 0 1px; min-height: 16px;
}
QTabBar::tab:selected { background: @raise; color: @text; }
QTabBar::tab:hover:!selected { color: @text; }
QTabBar::tab:focus { border: 1px solid @accent; }

QTableView { background: @panel; color: @text; border: 0; outline: 0; gridline-color: @line; }
QTableView[table="script"], QTableView[table="rooms"], QTableView[table="rooms"] QHeaderView { background: @bg; }
QTableView[table="rooms"] QHeaderView::section { background: @bg; }
QTableView::item { padding: 0 10px; border: 0; border-bottom: 1px solid @line; }
QTableView[table="script"]::item, QTableView[table="people"]::item { padding: 0; border: 0; }
QTableView::item:selected { background: @raise; color: @text; }
QHeaderView { background: @panel; }
QHeaderView::section {
  background: @panel; color: @text3; font-size: @size-caption; font-weight: 600; border: 0;
  border-bottom: 1px solid @line; padding: 6px 10px;
}
QAbstractScrollArea::corner { background: transparent; border: 0; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @line2; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: @text3; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }

QToolTip {
  background: @raise; color: @text; border: 1px solid @line2; padding: 2px 3px;
  font-size: @size-secondary;
}
QMenu { background: @card; border: 1px solid @line2; border-radius: @radius-card; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 10px; border-radius: @radius-inner; color: @text; }
QMenu::item:selected { background: @raise; }
QMenu::item:disabled { color: @text3; }
QMenu::indicator { width: 14px; height: 14px; margin-left: 6px; }
QMenu::indicator:checked { image: url("@image-check"); }
QMenu::separator { height: 1px; background: @line; margin: 4px 6px; }
"""
_IMAGES = {
    "image-chevron-down": ("chevron-down", Token.TEXT2),
    "image-check": ("check", Token.TEXT),
    "image-check-ink": ("check", Token.ACCENT_INK),
}
_ROLES = {
    QPalette.ColorRole.Window: Token.PANEL,
    QPalette.ColorRole.WindowText: Token.TEXT,
    QPalette.ColorRole.Base: Token.BG,
    QPalette.ColorRole.AlternateBase: Token.PANEL,
    QPalette.ColorRole.Text: Token.TEXT,
    QPalette.ColorRole.Button: Token.CARD,
    QPalette.ColorRole.ButtonText: Token.TEXT,
    QPalette.ColorRole.BrightText: Token.BAD,
    QPalette.ColorRole.Highlight: Token.ACCENT,
    QPalette.ColorRole.HighlightedText: Token.ACCENT_INK,
    QPalette.ColorRole.ToolTipBase: Token.RAISE,
    QPalette.ColorRole.ToolTipText: Token.TEXT,
    QPalette.ColorRole.PlaceholderText: Token.TEXT3,
    QPalette.ColorRole.Link: Token.CALLER,
    QPalette.ColorRole.LinkVisited: Token.EAR,
    QPalette.ColorRole.Mid: Token.LINE,
    QPalette.ColorRole.Dark: Token.LINE2,
    QPalette.ColorRole.Light: Token.RAISE,
    QPalette.ColorRole.Midlight: Token.RAISE,
    QPalette.ColorRole.Shadow: Token.BG,
    QPalette.ColorRole.Accent: Token.ACCENT,
}
_DISABLED = (
    QPalette.ColorRole.WindowText,
    QPalette.ColorRole.Text,
    QPalette.ColorRole.ButtonText,
    QPalette.ColorRole.PlaceholderText,
)


def style_sheet(scheme: Scheme, colors: Mapping[Token, str], folder: Path) -> str:
    """The application's style sheet. The images that it names are written into `folder`."""
    values: dict[str, str] = {token.value: color for token, color in colors.items()}
    values |= {f"radius-{radius.name.lower()}": f"{radius.value}px" for radius in Radius}
    values |= {f"size-{size.name.lower()}": f"{size.value}px" for size in Size}
    for key, (icon, token) in _IMAGES.items():
        path = folder / f"{key}-{scheme}.svg"
        path.write_bytes(icon_svg(icon, colors[token]))
        values[key] = path.as_posix()
    sheet = _SHEET
    for key in sorted(values, key=len, reverse=True):
        sheet = sheet.replace(f"@{key}", values[key])
    return sheet


def palette(colors: Mapping[Token, str]) -> QPalette:
    """What the style sheet does not name: native bits, links, placeholders, selections."""
    made = QPalette()
    for role, token in _ROLES.items():
        made.setColor(role, QColor(colors[token]))
    for role in _DISABLED:
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors[Token.TEXT3]))
    return made
