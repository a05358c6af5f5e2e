"""When the operator is heard: while the microphone is open, or while a key or a button is held."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QWidget,
)

from app.domain.ports import OperatorAudio
from app.ui.dialogs import Dialog
from app.ui.window_memory import WindowMemory

TEXT_FIELDS = (QLineEdit, QPlainTextEdit, QAbstractSpinBox)
PRESSED_BY_SPACE = (QAbstractButton, QComboBox, QTabBar)


class Talk(QObject):
    """Opens and closes the way from the microphone into the room. UI thread only."""

    changed = Signal()

    def __init__(self, memory: WindowMemory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._memory = memory
        self._audio: OperatorAudio | None = None
        self._held = False

    @property
    def possible(self) -> bool:
        """Whether there is a room to talk into."""
        return self._audio is not None

    @property
    def open(self) -> bool:
        """Whether the microphone stays open between words."""
        return self._memory.microphone_open

    @property
    def held(self) -> bool:
        return self._held

    @property
    def talking(self) -> bool:
        return self.possible and (self.open or self._held)

    def attach(self, audio: OperatorAudio | None) -> None:
        """Talk into this call from now on and into no other; None for no call."""
        if self._audio is not None and self._audio is not audio:
            self._audio.set_talking(talking=False)
        self._audio, self._held = audio, False
        self._pass_on()

    @Slot()
    def toggle(self) -> None:
        self._memory.microphone_open = not self._memory.microphone_open
        self._pass_on()

    @Slot()
    def hold(self) -> None:
        self._set_held(held=True)

    @Slot()
    def release(self) -> None:
        self._set_held(held=False)

    def _set_held(self, *, held: bool) -> None:
        if held != self._held and self.possible:
            self._held = held
            self._pass_on()

    def _pass_on(self) -> None:
        if self._audio is not None:
            self._audio.set_talking(talking=self.talking)
        self.changed.emit()


class SpaceToTalk(QObject):
    """Lets Space be held to talk anywhere in a window, except where a person types or presses with it.

    A control that shows the ring of the keyboard keeps its Space, and so does every one of a dialog; one of a page
    that was clicked does not.
    """

    def __init__(self, talk: Talk, window: QWidget) -> None:
        super().__init__(window)
        self._talk = talk
        self._window = window
        window.installEventFilter(self)

    def _takes(self, event: QKeyEvent) -> bool:
        if event.key() != Qt.Key.Key_Space or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        focused = self._window.focusWidget()
        ring = self._window.testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        typed = isinstance(focused, TEXT_FIELDS)
        pressed = isinstance(focused, PRESSED_BY_SPACE) and (ring or _in_dialog(focused))
        return self._talk.possible and not typed and not pressed

    def _press(self, event: QKeyEvent) -> bool:
        if not self._takes(event):
            return False
        if not event.isAutoRepeat():
            self._talk.hold()
        return True

    def _let_go(self, event: QKeyEvent) -> bool:
        if event.key() != Qt.Key.Key_Space or not self._talk.held:
            return False
        if not event.isAutoRepeat():
            self._talk.release()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        kind = event.type()
        if watched is self._window:
            if kind is QEvent.Type.Show and (handle := self._window.windowHandle()):
                # Keys pass here before any widget sees them; popups have windows of their own.
                handle.installEventFilter(self)
            elif kind is QEvent.Type.WindowDeactivate:
                # The release of the key will go to another window.
                self._talk.release()
            return False
        if kind is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._press(event)
        if kind is QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            return self._let_go(event)
        return False


def _in_dialog(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, Dialog):
        parent = parent.parentWidget()
    return parent is not None
