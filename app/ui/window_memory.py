"""What the window remembers from one start to the next."""

from pathlib import Path
from typing import Protocol, cast

from PySide6.QtCore import QByteArray, QSettings

from app.ui.theme import ThemeChoice
from app.ui.tokens import DOCK_OPEN_HEIGHT


class _Store(Protocol):
    """The part of QSettings that is used, without its stubs' unknown types."""

    def value(self, key: str, default: object = None) -> object: ...

    def setValue(self, key: str, value: object) -> None: ...  # noqa: N802


class WindowMemory:
    """Geometry, dock, theme, audio devices and the server looked at, in an INI file. UI thread only.

    A value that cannot be read is as good as none: the file is the person's to edit.
    """

    def __init__(self, path: Path) -> None:
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)
        self._store = cast("_Store", self._settings)

    def save(self) -> None:
        """Write the file now rather than at the end."""
        self._settings.sync()

    @property
    def geometry(self) -> QByteArray:
        value = self._store.value("window/geometry")
        return value if isinstance(value, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._store.setValue("window/geometry", geometry)

    @property
    def theme(self) -> ThemeChoice:
        try:
            return ThemeChoice(self._text("window/theme"))
        except ValueError:
            return ThemeChoice.SYSTEM

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._store.setValue("window/theme", choice.value)

    @property
    def dock_height(self) -> int:
        """Of the dock when it is open."""
        return self._number("dock/height", DOCK_OPEN_HEIGHT)

    @dock_height.setter
    def dock_height(self, height: int) -> None:
        self._store.setValue("dock/height", height)

    @property
    def dock_open(self) -> bool:
        return self._text("dock/open") != "false"

    @dock_open.setter
    def dock_open(self, value: bool) -> None:
        self._store.setValue("dock/open", str(value).lower())

    @property
    def dock_tab(self) -> int:
        return self._number("dock/tab", 0)

    @dock_tab.setter
    def dock_tab(self, index: int) -> None:
        self._store.setValue("dock/tab", index)

    @property
    def server(self) -> str:
        """The server whose rooms were looked at last, by its name; empty for this computer."""
        return self._text("rooms/server")

    @server.setter
    def server(self, name: str) -> None:
        self._store.setValue("rooms/server", name)

    @property
    def microphone_id(self) -> str:
        """The microphone chosen; empty for the system's default."""
        return self._text("audio/microphone")

    @microphone_id.setter
    def microphone_id(self, device_id: str) -> None:
        self._store.setValue("audio/microphone", device_id)

    @property
    def speaker_id(self) -> str:
        """The speaker chosen; empty for the system's default."""
        return self._text("audio/speaker")

    @speaker_id.setter
    def speaker_id(self, device_id: str) -> None:
        self._store.setValue("audio/speaker", device_id)

    @property
    def microphone_open(self) -> bool:
        """Whether the microphone stays open between words, rather than while Space is held."""
        return self._text("audio/microphone_open") != "false"

    @microphone_open.setter
    def microphone_open(self, value: bool) -> None:
        self._store.setValue("audio/microphone_open", str(value).lower())

    def _text(self, key: str) -> str:
        value = self._store.value(key, "")
        return value if isinstance(value, str) else ""

    def _number(self, key: str, default: int) -> int:
        try:
            return int(str(self._store.value(key, default)))
        except ValueError:
            return default
