import sys
from pathlib import Path

import pytest

from app.domain.errors import MissingRequirementError
from app.media.server_binary import (
    SERVER_VARIABLE,
    find_livekit_server,
    installed_server_path,
    version_of,
)
from app.runtime import paths

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the servers here are shell scripts"
)


@pytest.fixture(autouse=True)
def _empty_computer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing on PATH but a folder of the test's, nothing in the data folder, nothing of Homebrew."""
    monkeypatch.delenv(SERVER_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("app.media.server_binary.HOMEBREW_FOLDERS", (str(tmp_path / "brew"),))


def server(path: Path, says: str = "livekit-server version 1.13.5") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{says}"\n')
    path.chmod(0o755)
    return path


def test_finds_the_one_on_path_before_all_others(tmp_path: Path):
    server(tmp_path / "brew" / "livekit-server")
    server(installed_server_path())
    on_path = server(tmp_path / "path" / "livekit-server")

    assert find_livekit_server() == on_path


def test_finds_homebrew_s_before_the_one_that_it_installed_itself(tmp_path: Path):
    server(installed_server_path())
    brewed = server(tmp_path / "brew" / "livekit-server")

    assert find_livekit_server() == brewed


def test_finds_the_one_that_it_installed_itself():
    installed = server(installed_server_path())

    assert find_livekit_server() == installed


def test_passes_over_another_series_and_a_broken_file(tmp_path: Path):
    server(tmp_path / "path" / "livekit-server", "livekit-server version 1.9.0")
    server(tmp_path / "brew" / "livekit-server", "something else")
    installed = server(installed_server_path())

    assert find_livekit_server() == installed


def test_says_what_is_wrong_with_each_and_how_to_mend_it(tmp_path: Path):
    old = server(tmp_path / "path" / "livekit-server", "livekit-server version 1.9.0")
    other = server(tmp_path / "brew" / "livekit-server", "something else")

    with pytest.raises(MissingRequirementError) as raised:
        find_livekit_server()

    assert f"{old} is version 1.9.0, not 1.13." in raised.value.title
    assert f"{other} is not a livekit-server." in raised.value.title
    assert "packaging/run.py" in raised.value.hint
    assert raised.value.exit_code == 3


def test_the_variable_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    server(tmp_path / "path" / "livekit-server")
    chosen = server(tmp_path / "mine")
    monkeypatch.setenv(SERVER_VARIABLE, str(chosen))

    assert find_livekit_server() == chosen


def test_a_relative_path_in_the_variable_counts_from_the_folder_of_the_moment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    chosen = server(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(SERVER_VARIABLE, "./mine")

    assert find_livekit_server() == chosen


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        ("nowhere", "is not a file"),
        ("", "is not a file"),
        ("text", "cannot be run: Permission denied"),
        ("garbage", "cannot be run: Exec format error"),
        ("other", "is not a livekit-server"),
        ("old", "is version 1.9.0, not 1.13"),
    ],
)
def test_an_unfit_one_in_the_variable_is_refused_though_another_would_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str, complaint: str
):
    server(tmp_path / "path" / "livekit-server")
    (tmp_path / "text").write_text("hello")
    server(tmp_path / "garbage").write_bytes(b"\x7fELF nonsense")
    server(tmp_path / "other", "hello")
    server(tmp_path / "old", "livekit-server version 1.9.0")
    monkeypatch.setenv(SERVER_VARIABLE, str(tmp_path / named))

    with pytest.raises(MissingRequirementError, match=complaint) as raised:
        find_livekit_server()

    assert SERVER_VARIABLE in raised.value.title
    assert f"unset {SERVER_VARIABLE}" in raised.value.hint


def test_a_server_that_never_says_its_version_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    silent = server(tmp_path / "silent")
    silent.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr("app.media.server_binary.VERSION_TIMEOUT_S", 0.1)

    with pytest.raises(MissingRequirementError, match="does not say its version"):
        version_of(silent)


def test_the_data_folder_is_the_one_that_greenroom_uses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    inside = Path("bin") / "livekit-server"
    assert installed_server_path() == paths.data_folder() / inside

    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert installed_server_path() == paths.data_folder() / inside


def test_without_the_scripts_of_a_clone_it_says_where_releases_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr("app.media.server_binary.SET_UP", tmp_path / "no" / "run.py")

    with pytest.raises(MissingRequirementError) as raised:
        find_livekit_server()

    assert "github.com/livekit/livekit/releases" in raised.value.hint
