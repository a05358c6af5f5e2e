"""The left rail: the logo, the pages there are, and the theme."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.ui.controls import Logo, Pane, RailButton, SquareButton, column, pane
from app.ui.theme import theme
from app.ui.tokens import RAIL_WIDTH, Scheme


class Rail(QWidget):
    """Switches pages and themes."""

    theme_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(RAIL_WIDTH)
        self.setAccessibleName("Pages")
        self.stage = RailButton("audio-lines", "Stage")
        self.stage.setChecked(True)
        self.theme = SquareButton("sun", "Light theme (Ctrl+T)", side=38)
        self.theme.clicked.connect(self.theme_pressed)
        ground = pane(Pane.RAIL)
        lines = column(ground, (0, 10, 0, 10), 4)
        lines.addWidget(Logo(), 0, Qt.AlignmentFlag.AlignHCenter)
        lines.addSpacing(10)
        lines.addWidget(self.stage)
        lines.addStretch(1)
        lines.addWidget(self.theme, 0, Qt.AlignmentFlag.AlignHCenter)
        column(self).addWidget(ground)
        theme.changed.connect(self._show_theme)
        self._show_theme()

    @Slot()
    def _show_theme(self) -> None:
        dark = theme.scheme is Scheme.DARK
        name = "Light theme (Ctrl+T)" if dark else "Dark theme (Ctrl+T)"
        self.theme.set_face("sun" if dark else "moon", name)
