"""The banner over the keys: how the keyring stands, what to do about it, and one act."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.domain.errors import UserError
from app.domain.keys import KeyringView
from app.ui.announcing import announce
from app.ui.controls import Button, Kind, Role, column, label, plain_tip, row
from app.ui.pages.keys_words import Banner, BannerAct, banner_of
from app.ui.paint import draw_icon, draw_rounded
from app.ui.plain_text import shown, shown_lines
from app.ui.running import Running
from app.ui.tokens import Radius, Token

_ICON, _ICON_X, _WORDS_X = 18, 18, 50
LOOKING = Banner("", Token.TEXT2, "Looking at the keyring…", "", BannerAct.LOOK)


class KeyringBanner(QWidget):
    """Shows one state of the keyring at a time; it does nothing itself."""

    act_pressed = Signal(object)
    """BannerAct"""

    def __init__(self) -> None:
        super().__init__()
        self.banner = LOOKING
        self.title = label("", Role.NAME, wrap=True)
        self.words = label("", Role.TERTIARY, wrap=True)
        self.words.set_ink(Token.TEXT2)
        self.command = label("", Role.CLOCK, wrap=True)
        for text in (self.words, self.command):
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.mark = Running(self, side=_ICON)
        self.act = Button("", kind=Kind.GHOST)
        self.act.clicked.connect(self._press)
        across = row(self, (_WORDS_X, 13, 12, 13), 14)
        lines = column(gap=3)
        for text in (self.title, self.words, self.command):
            lines.addWidget(text)
        across.addLayout(lines, 1)
        across.addWidget(self.act, 0, Qt.AlignmentFlag.AlignVCenter)
        self.show_looking()

    def show_looking(self, words: str = LOOKING.title) -> None:
        """Say that the keyring is being asked; nothing can be pressed until it answers."""
        self._show(Banner("", Token.TEXT2, words, "", self.banner.act), busy=True)

    def show_keyring(self, keyring: KeyringView) -> None:
        """Show how the keyring stands."""
        self._show(banner_of(keyring))

    def show_error(self, error: UserError) -> None:
        """Say why nothing is known of the keyring."""
        shown_error = Banner(
            "circle-alert", Token.BAD, shown(error.title), error.hint, BannerAct.LOOK
        )
        self._show(shown_error)

    def _show(self, banner: Banner, *, busy: bool = False) -> None:
        changed = banner.title != self.banner.title
        self.banner = banner
        self.title.setText(banner.title)
        self.words.setText(shown_lines(banner.words, 600))
        self.command.setText(shown_lines(banner.command, 300))
        for text in (self.words, self.command):
            text.setVisible(bool(text.text()))
        self.act.set_face(banner.act.value, kind=Kind.GHOST if _is_calm(banner) else Kind.PLAIN)
        self.act.setToolTip(plain_tip(_TIPS[banner.act]))
        self.act.setVisible(not busy)
        self.mark.setVisible(busy)
        self.mark.move(_ICON_X, 13)
        said = f"{banner.title}. {self.words.text()}".strip()
        self.setAccessibleName(said)
        if changed and not busy:
            announce(self, said)
        self.update()

    @Slot()
    def _press(self) -> None:
        self.act_pressed.emit(self.banner.act)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = self.rect().toRectF()
        draw_rounded(painter, box, Radius.CARD, Token.CARD, Token.LINE)
        if self.banner.icon:
            y = 13 if self.command.isVisible() else (self.height() - _ICON) / 2
            draw_icon(painter, self.banner.icon, self.banner.ink, _ICON_X, y, _ICON)


_TIPS = {
    BannerAct.WHERE: "Where keys are kept, and how to see them there",
    BannerAct.UNLOCK: "Have the keyring ask for its password",
    BannerAct.MAKE: "Have the keyring ask for its first password",
    BannerAct.LOOK: "Ask the keyring once more",
}


def _is_calm(banner: Banner) -> bool:
    return banner.act is BannerAct.WHERE
