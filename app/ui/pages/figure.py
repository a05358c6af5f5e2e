"""A figure with the words that say what it is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.controls import ElidedLabel, Role, column, label
from app.ui.tokens import Token


class Figure(QWidget):
    """A value over its caption; nothing is repainted while neither changes."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._value = label("", Role.FIGURE)
        self._caption = label(caption, Role.HINT)
        layout = column(self)
        layout.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._value)
        layout.addWidget(self._caption)

    def show_value(self, value: str, caption: str, ink: Token = Token.TEXT) -> None:
        if value != self._value.text() or caption != self._caption.text():
            self._value.setText(value)
            self._caption.setText(caption)
            self.setAccessibleName(f"{caption}: {value}")
        self._value.set_ink(ink)


class Title(QWidget):
    """A name over where it belongs, both elided where the room ends."""

    def __init__(self) -> None:
        super().__init__()
        self._name = ElidedLabel("", Role.SUBTITLE)
        self._place = ElidedLabel("", Role.HINT)
        layout = column(self)
        layout.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._name)
        layout.addWidget(self._place)

    def show_title(self, name: str, place: str) -> None:
        self._name.set_text(name)
        self._place.set_text(place)
        self.setAccessibleName(f"{name}, {place}")
