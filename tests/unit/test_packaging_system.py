"""How the set-up finds and mends what a Linux system lacks, with an apt-get of the test's."""

import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

import system_libraries
from app.domain.errors import MissingRequirementError

PROGRAMS = {"Xvfb": "xvfb", "pactl": "pulseaudio-utils", "paplay": "pulseaudio-utils"}
FOLDER = Path(system_libraries.__file__).parent
OFFSCREEN = Path("PySide6", "Qt", "plugins", "platforms", "libqoffscreen.so")

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has system libraries to look for"
)


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """All that is on PATH, on a Debian where this is root."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("ldd", "sh", "touch", "chmod", "sleep"):
        real = shutil.which(name)
        assert real
        (folder / name).symlink_to(real)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(
        "platform.freedesktop_os_release", lambda: {"ID": "ubuntu", "ID_LIKE": "debian"}
    )
    apt_get(folder, installs=PROGRAMS)
    return folder


@pytest.fixture
def site_packages(tmp_path: Path) -> Path:
    """Where nothing native is, so that no library is missing."""
    return tmp_path / "site-packages"


def apt_get(programs: Path, *, installs: dict[str, str], code: int = 0) -> None:
    made = "\n".join(f"touch {programs}/{name}; chmod +x {programs}/{name}" for name in installs)
    script = f'echo "$@" >> {programs}/apt.log\n[ "$1" = update ] && exit 100\n{made}\nexit {code}'
    (programs / "apt-get").write_text(f"#!/bin/sh\n{script}\n")
    (programs / "apt-get").chmod(0o755)


def installed_with_apt(programs: Path) -> str:
    return (programs / "apt.log").read_text()


def test_nothing_is_done_where_nothing_is_missing(programs: Path, site_packages: Path):
    system_libraries.ensure(site_packages, {"sh": "dash"})

    assert not (programs / "apt.log").exists()


def test_the_loader_is_asked_for_what_the_native_files_need(site_packages: Path):
    lonely = site_packages / OFFSCREEN
    lonely.parent.mkdir(parents=True)
    shutil.copy(Path(sysconfig.get_path("platlib")) / OFFSCREEN, lonely)

    missing = system_libraries.missing_libraries(site_packages)

    assert {"libQt6Core.so.6", "libQt6Gui.so.6"} <= set(missing)
    assert missing == sorted(missing)


def test_the_native_files_that_are_asked_about_exist_in_the_packages_that_are_pinned():
    installed = Path(sysconfig.get_path("platlib"))

    assert [
        name for name in system_libraries.NATIVE_FILES if not (installed / name).is_file()
    ] == []


def test_root_on_debian_gets_each_package_once_though_the_lists_cannot_be_renewed(
    programs: Path, site_packages: Path
):
    system_libraries.ensure(site_packages, PROGRAMS)

    update, install = installed_with_apt(programs).splitlines()
    assert update.startswith("update")
    assert "--no-install-recommends" in install
    assert install.endswith(" pulseaudio-utils xvfb")


def test_another_user_gets_the_exact_line(
    monkeypatch: pytest.MonkeyPatch, programs: Path, site_packages: Path
):
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(MissingRequirementError, match="Xvfb, pactl, paplay") as raised:
        system_libraries.ensure(site_packages, PROGRAMS)

    line = "sudo apt-get update && sudo apt-get install -y --no-install-recommends pulseaudio-utils xvfb"
    assert raised.value.hint.splitlines()[-1] == line
    assert not (programs / "apt.log").exists()


def test_an_apt_get_that_fails_leaves_the_line_to_the_person(programs: Path, site_packages: Path):
    apt_get(programs, installs={}, code=100)

    with pytest.raises(MissingRequirementError) as raised:
        system_libraries.ensure(site_packages, PROGRAMS)

    assert "sudo apt-get install" in raised.value.hint


def test_packages_that_do_not_bring_what_is_missing_are_told(programs: Path, site_packages: Path):
    apt_get(programs, installs={"Xvfb": "xvfb"})

    with pytest.raises(
        MissingRequirementError, match="Still missing after their installation: pactl, paplay"
    ):
        system_libraries.ensure(site_packages, PROGRAMS)


@pytest.mark.parametrize("release", [{"ID": "fedora"}, None])
def test_another_system_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, site_packages: Path, release: dict[str, str] | None
):
    def os_release() -> dict[str, str]:
        if release is None:
            raise OSError
        return release

    monkeypatch.setattr("platform.freedesktop_os_release", os_release)

    with pytest.raises(MissingRequirementError, match="Xvfb") as raised:
        system_libraries.ensure(site_packages, PROGRAMS)

    assert "packages of your system" in raised.value.hint


def test_a_program_that_must_finish_is_let_finish_when_the_set_up_is_interrupted(tmp_path: Path):
    started, finished = tmp_path / "started", tmp_path / "finished"
    program = ["sh", "-c", f"touch {started}; sleep 1; touch {finished}"]
    script = f"""\
import sys
sys.path[:0] = {[str(FOLDER), str(FOLDER.parent)]}
import children
children.run({program}, timeout_s=30.0, settings={{}}, finishes=True)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    while not started.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)

    assert finished.exists()
    assert b"Ending as soon as sh has finished" in errors
    assert b"KeyboardInterrupt" in errors
