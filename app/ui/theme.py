"""The theme in force and its live switch."""

from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTemporaryDir, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from app.ui.fonts import font, load_fonts
from app.ui.motion import reduced_motion
from app.ui.style_sheet import palette, style_sheet
from app.ui.tokens import COLORS, Scheme, Size, Token


class ThemeChoice(StrEnum):
    DARK = "dark"
    LIGHT = "light"
    SYSTEM = "system"


class Theme(QObject):
    """The colours in force. UI thread only.

    `start` once before the first widget exists, `apply` at any time.
    """

    changed = Signal()
    """After every switch: whoever keeps a picture drawn in the old colours drops it."""

    def __init__(self) -> None:
        super().__init__()
        self.choice = ThemeChoice.SYSTEM
        self.scheme = Scheme.DARK
        self.reduced_motion = False
        self._colors = _parsed(Scheme.DARK)
        self._washes: dict[tuple[Token, float], QColor] = {}
        self._images: QTemporaryDir | None = None

    def start(self, app: QApplication, choice: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        """Set the style, the fonts and the first theme of the application."""
        app.setStyle("Fusion")
        load_fonts()
        app.setFont(font(Size.BODY))
        self.reduced_motion = reduced_motion()
        self._images = QTemporaryDir()
        app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.apply(choice)

    def apply(self, choice: ThemeChoice) -> None:
        """Show the panel in the chosen theme. `SYSTEM` follows the desktop, dark where that does not say."""
        hints = _application().styleHints()
        self.choice = choice
        # Also darkens title bars and native dialogs where the platform draws them.
        if choice is ThemeChoice.DARK:
            hints.setColorScheme(Qt.ColorScheme.Dark)
        elif choice is ThemeChoice.LIGHT:
            hints.setColorScheme(Qt.ColorScheme.Light)
        else:
            hints.unsetColorScheme()
        follows = choice is ThemeChoice.SYSTEM
        self._switch(_scheme_of(hints.colorScheme()) if follows else Scheme(choice.value))

    def color(self, token: Token) -> QColor:
        return self._colors[token]

    def wash(self, token: Token, alpha: float) -> QColor:
        """A colour let through: `alpha` from 0 to 1."""
        found = self._washes.get((token, alpha))
        if found is None:
            found = QColor(self._colors[token])
            found.setAlphaF(alpha)
            self._washes[token, alpha] = found
        return found

    def _switch(self, scheme: Scheme) -> None:
        assert self._images is not None, "Theme.start comes first"
        app = _application()
        self.scheme = scheme
        self._colors = _parsed(scheme)
        self._washes.clear()
        app.setPalette(palette(COLORS[scheme]))
        app.setStyleSheet(style_sheet(scheme, COLORS[scheme], Path(self._images.path())))
        self.changed.emit()

    @Slot(Qt.ColorScheme)
    def _follow_system(self, wanted: Qt.ColorScheme) -> None:
        if self.choice is ThemeChoice.SYSTEM and _scheme_of(wanted) is not self.scheme:
            self._switch(_scheme_of(wanted))


def _parsed(scheme: Scheme) -> dict[Token, QColor]:
    return {token: QColor(color) for token, color in COLORS[scheme].items()}


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def _scheme_of(wanted: Qt.ColorScheme) -> Scheme:
    """Dark where the desktop does not say."""
    return Scheme.LIGHT if wanted is Qt.ColorScheme.Light else Scheme.DARK


theme = Theme()
