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
from app.ui.labels import BareLabel, Chip, Dot, ElidedLabel, Label, Role, Tone, label
from app.ui.panes import Pane, column, pane, row, themed_menu
from app.ui.plain_text import plain_tip

__all__ = [
    "BareLabel",
    "Button",
    "Chip",
    "Dot",
    "ElidedLabel",
    "Kind",
    "Label",
    "Logo",
    "Pane",
    "RailButton",
    "Role",
    "Segmented",
    "SquareButton",
    "StripButton",
    "Tone",
    "column",
    "label",
    "pane",
    "plain_tip",
    "row",
    "themed_menu",
]
