"""Whether the system asks for less motion."""

import configparser
import os
import plistlib
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication


def reduced_motion() -> bool:
    """Whether the person has switched animations off, as far as the system says so."""
    if sys.platform == "darwin":
        return mac_reduces_motion(
            Path.home() / "Library/Preferences/com.apple.universalaccess.plist"
        )
    if sys.platform == "win32":
        return not QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return any(gtk_reduces_motion(config / f"gtk-{n}.0/settings.ini") for n in (3, 4))


def mac_reduces_motion(path: Path) -> bool:
    """What the accessibility preferences of macOS say."""
    try:
        return bool(plistlib.loads(path.read_bytes()).get("reduceMotion"))
    except (OSError, plistlib.InvalidFileException):
        return False


def gtk_reduces_motion(path: Path) -> bool:
    """What a settings file of GTK says, which GNOME, KDE and XFCE write."""
    settings = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        settings.read(path, "utf-8")
        return not settings.getboolean("Settings", "gtk-enable-animations", fallback=True)
    except (configparser.Error, UnicodeDecodeError, ValueError):
        return False
