"""Makes sure of the system libraries that Qt and the models load, and of the programs that the tests run."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import debian_packages
from app.domain.errors import MissingRequirementError

LDD_TIMEOUT_S = 60.0
NATIVE_FILES = (
    "PySide6/QtWidgets.abi3.so",
    "PySide6/QtSvgWidgets.abi3.so",
    "PySide6/QtMultimedia.abi3.so",
    "PySide6/Qt/plugins/platforms/libqoffscreen.so",
    "PySide6/Qt/plugins/platforms/libqxcb.so",
    "PySide6/Qt/plugins/multimedia/libffmpegmediaplugin.so",
    "xllamacpp/xllamacpp.abi3.so",
)
"""Those of site-packages that load libraries which no wheel holds."""

PACKAGE_OF_LIBRARY = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXrandr.so.2": "libxrandr2",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdrm.so.2": "libdrm2",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libpulse.so.0": "libpulse0",
    "libstdc++.so.6": "libstdc++6",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""Debian's and Ubuntu's names."""

PACKAGE_OF_TEST_PROGRAM = {
    "Xvfb": "xvfb",
    "xauth": "xauth",
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
    "espeak-ng": "espeak-ng",
    "dbus-run-session": "dbus-daemon",
    "dbus-daemon": "dbus-daemon",
    "gnome-keyring-daemon": "gnome-keyring",
    "ss": "iproute2",
    "chromium": "chromium",
}


def ensure(site_packages: Path, programs: Mapping[str, str]) -> None:
    """Make sure that the native files of `site_packages` load and that `programs` are there; Linux only.

    `programs` gives each program's Debian package. What is missing is installed where `debian_packages.install` can.
    Raises `MissingRequirementError`.
    """
    if sys.platform != "linux" or not (missing := _missing(site_packages, programs)):
        return
    why = f"This computer lacks {', '.join(missing)}, which Qt, a model or a test needs"
    package_of = {**PACKAGE_OF_LIBRARY, **programs}
    if not debian_packages.has_apt() or not package_of.keys() >= set(missing):
        raise MissingRequirementError(
            f"{why}.", "Install the packages of your system that hold them."
        )
    debian_packages.install(sorted({package_of[name] for name in missing}), why)
    if still := _missing(site_packages, programs):
        raise MissingRequirementError(
            f"Still missing after their installation: {', '.join(still)}."
        )


def missing_libraries(site_packages: Path) -> list[str]:
    """Names of the libraries that the loader does not find, sorted; none where there is no `ldd` to ask."""
    if not (ldd := shutil.which("ldd")):
        return []
    files = [str(site_packages / name) for name in NATIVE_FILES]
    told = subprocess.run(
        [ldd, *files], capture_output=True, text=True, timeout=LDD_TIMEOUT_S, check=False
    )
    return sorted(set(re.findall(r"(\S+) => not found", told.stdout)))


def _missing(site_packages: Path, programs: Iterable[str]) -> list[str]:
    absent = [program for program in programs if not shutil.which(program)]
    return missing_libraries(site_packages) + absent
