"""The kit that every page is built from. Nobody else makes a button, a label or a menu."""

from app.ui.buttons import (
    Button,
    Kind,
    Logo,
    RailButton,
    Segmented,
    SquareButton,
    StripButton,
)
from app.ui.dialogs import Dialog, confirmation, scrolled
from app.ui.fields import (
    CheckBox,
    Choice,
    Field,
    SearchField,
    SecretField,
    Switch,
    TextArea,
    TextField,
)
from app.ui.labels import BareLabel, Chip, Dot, ElidedLabel, Label, Role, Tone, label
from app.ui.menus import SEPARATOR, MenuButton, MenuEntry, menu_of
from app.ui.panes import Pane, column, pane, row, themed_menu
from app.ui.plain_text import plain_tip

__all__ = [
    "SEPARATOR",
    "BareLabel",
    "Button",
    "CheckBox",
    "Chip",
    "Choice",
    "Dialog",
    "Dot",
    "ElidedLabel",
    "Field",
    "Kind",
    "Label",
    "Logo",
    "MenuButton",
    "MenuEntry",
    "Pane",
    "RailButton",
    "Role",
    "SearchField",
    "SecretField",
    "Segmented",
    "SquareButton",
    "StripButton",
    "Switch",
    "TextArea",
    "TextField",
    "Tone",
    "column",
    "confirmation",
    "label",
    "menu_of",
    "pane",
    "plain_tip",
    "row",
    "scrolled",
    "themed_menu",
]
