"""Installs Debian packages, or says how."""

import os
import platform
import shutil
import sys
from collections.abc import Sequence

import children
from app.domain.errors import MissingRequirementError
from terminal import say

APT_TIMEOUT_S = 1800.0
UPDATE = ("apt-get", "update", "-qq")
INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0")


def install(packages: Sequence[str], why: str) -> None:
    """Install `packages` when this is root on Debian or one of its kin.

    Raises `MissingRequirementError` with the exact command when it is not, or when apt-get fails.
    """
    if not (_is_root() and _install_with_apt(packages, why)):
        raise MissingRequirementError(
            f"{why}.", f"This installs it; then run the same command again:\n{command(packages)}"
        )


def has_apt() -> bool:
    """Whether packages have Debian's names here and are installed with apt-get."""
    if sys.platform != "linux" or not shutil.which("apt-get"):
        return False
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return False
    return not {"debian", "ubuntu"}.isdisjoint({release["ID"], *release.get("ID_LIKE", "").split()})


def command(packages: Sequence[str]) -> str:
    """The line that a person types."""
    names = " ".join(packages)
    return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}"


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _install_with_apt(packages: Sequence[str], why: str) -> bool:
    if not has_apt():
        return False
    say(f"{why}. Installing {' '.join(packages)} with apt-get.")
    # Old lists name versions that the mirrors have replaced; a list that cannot be renewed may still do.
    _succeeds(UPDATE)
    return _succeeds((*INSTALL, *packages))


def _succeeds(command: Sequence[str]) -> bool:
    settings = {"DEBIAN_FRONTEND": "noninteractive"}
    return children.run(command, timeout_s=APT_TIMEOUT_S, settings=settings, finishes=True) == 0
