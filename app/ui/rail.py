"""The left rail: the logo, the pages there are, and the theme."""

from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from app.ui.controls import Logo, Pane, RailButton, SquareButton, column, pane, plain_tip
from app.ui.keys import on_key
from app.ui.theme import theme
from app.ui.tokens import RAIL_WIDTH, Scheme


class Rail(QWidget):
    """Switches pages and themes. Alt+1, Alt+2 and so on choose the pages in their order."""

    theme_pressed = Signal()
    chosen = Signal(str)
    """A page was chosen; carries its name."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(RAIL_WIDTH)
        self.setAccessibleName("Pages")
        self.pages: dict[str, RailButton] = {}
        """The buttons by the names of their pages, as one reads them."""
        self._numbered = 0
        self._group = QButtonGroup(self)
        self.theme = SquareButton("sun", "Light theme (Ctrl+T)", side=38)
        self.theme.clicked.connect(self.theme_pressed)
        ground = pane(Pane.RAIL)
        lines = column(ground, (0, 10, 0, 10), 4)
        lines.addWidget(Logo(), 0, Qt.AlignmentFlag.AlignHCenter)
        lines.addSpacing(10)
        self._head: QVBoxLayout = column(gap=4)
        self._foot: QVBoxLayout = column(gap=4)
        lines.addLayout(self._head)
        lines.addStretch(1)
        lines.addLayout(self._foot)
        lines.addWidget(self.theme, 0, Qt.AlignmentFlag.AlignHCenter)
        column(self).addWidget(ground)
        theme.changed.connect(self._show_theme)
        self._show_theme()

    def add(self, name: str, icon: str, word: str, *, at_foot: bool = False) -> None:
        """Offer a page, under those that are offered already."""
        button = RailButton(icon, word)
        button.clicked.connect(partial(self.chosen.emit, name))
        self._group.addButton(button)
        (self._foot if at_foot else self._head).addWidget(button)
        pages = [(other, each) for other, each in self.pages.items() if other != name]
        pages.insert(len(pages) if at_foot else self._head.count() - 1, (name, button))
        self.pages = dict(pages)
        self._number()
        self._order_tabs()

    def _number(self) -> None:
        """Let Alt with a number choose the page that stands there."""
        for number, button in enumerate(self.pages.values(), 1):
            button.setToolTip(plain_tip(f"{button.text()} (Alt+{number})"))
        for index in range(self._numbered, len(self.pages)):
            on_key(self, f"Alt+{index + 1}").connect(partial(self._press, index))
        self._numbered = len(self.pages)

    def _press(self, index: int) -> None:
        list(self.pages.values())[index].click()

    def show_chosen(self, name: str) -> None:
        """Mark the page that is shown."""
        self.pages[name].setChecked(True)

    def show_badge(self, name: str, count: int) -> None:
        """Say how many things on a page want to be looked at; 0 for none."""
        self.pages[name].set_badge(count)

    def _order_tabs(self) -> None:
        """Let Tab go over the pages, then the theme."""
        buttons = [*self.pages.values(), self.theme]
        for earlier, later in pairwise(buttons):
            self.setTabOrder(earlier, later)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        # Only within its window does an order hold.
        self._order_tabs()
        super().showEvent(event)

    @Slot()
    def _show_theme(self) -> None:
        dark = theme.scheme is Scheme.DARK
        name = "Light theme (Ctrl+T)" if dark else "Dark theme (Ctrl+T)"
        self.theme.set_face("sun" if dark else "moon", name)
