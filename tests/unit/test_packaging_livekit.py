"""How the set-up gets a livekit-server, with releases from a web server on this computer and a Go of the test's."""

import functools
import hashlib
import io
import os
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket

import pytest

import livekit_build
import livekit_install
import livekit_release
import livekit_server
from app.domain.errors import MissingRequirementError
from app.media.server_binary import SERVER_VARIABLE, installed_server_path, version_of
from livekit_install import WayClosedError

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the servers here are shell scripts"
)

SERVER = b'#!/bin/sh\necho "livekit-server version 1.13.5"\n'
OLD_SERVER = SERVER.replace(b"1.13.5", b"1.12.0")
ARCHIVE = "livekit_1.13.5_linux_amd64.tar.gz"


class Releases:
    """A folder that is served like a release's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def publish(
        self, binary: bytes = SERVER, *, member: str = "livekit-server", digest: str = ""
    ) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            entry = tarfile.TarInfo(member)
            entry.size = len(binary)
            tar.addfile(entry, io.BytesIO(binary))
        archive = packed.getvalue()
        (self._folder / ARCHIVE).write_bytes(archive)
        digest = digest or hashlib.sha256(archive).hexdigest()
        (self._folder / "checksums.txt").write_text(
            f"{'0' * 64}  another.zip\n{digest}  {ARCHIVE}\n"
        )


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        pass


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Releases]:
    folder = tmp_path / "releases"
    folder.mkdir()
    handler = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setattr(
            livekit_release, "RELEASE_URL", f"http://127.0.0.1:{server.server_port}"
        )
        yield Releases(folder)
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the server goes, on a Linux computer with an empty data folder and nothing of Homebrew."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("app.media.server_binary.HOMEBREW_FOLDERS", ())
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.delenv(SERVER_VARIABLE, raising=False)
    return installed_server_path()


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """All that is on PATH besides the system's own folders."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(livekit_build, "USUAL_GO", "/nowhere")
    return folder


def go(programs: Path, *, version: str = "go1.26.8", install: str) -> None:
    path = programs / "go"
    path.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && echo "go version {version} linux/amd64" && exit\n{install}\n'
    )
    path.chmod(0o755)


def holds_only(folder: Path, *names: str) -> bool:
    return {path.name for path in folder.iterdir()} == set(names)


def test_a_release_is_downloaded_checked_and_put_in_place(releases: Releases, target: Path):
    releases.publish()

    livekit_release.obtain(target)

    assert version_of(target) == "1.13.5"
    assert holds_only(target.parent, "livekit-server")
    assert target.parent.parent.stat().st_mode & 0o077 == 0


def test_a_download_replaces_an_older_server(releases: Releases, target: Path):
    target.parent.mkdir(parents=True)
    target.write_bytes(OLD_SERVER)
    releases.publish()

    livekit_release.obtain(target)

    assert version_of(target) == "1.13.5"


def test_an_archive_that_was_tampered_with_is_thrown_away(releases: Releases, target: Path):
    releases.publish(digest="1" * 64)

    with pytest.raises(WayClosedError, match="SHA-256 differs"):
        livekit_release.obtain(target)

    assert holds_only(target.parent)


@pytest.mark.parametrize(
    ("binary", "member", "complaint"),
    [
        (OLD_SERVER, "livekit-server", "It is version 1.12.0 and not 1.13.5"),
        (SERVER, "something", "There is no livekit-server in the archive"),
        (b"nonsense", "livekit-server", "cannot be run"),
    ],
)
def test_an_archive_without_the_right_server_leaves_nothing(
    releases: Releases, target: Path, binary: bytes, member: str, complaint: str
):
    releases.publish(binary, member=member)

    with pytest.raises(WayClosedError, match=complaint):
        livekit_release.obtain(target)

    assert holds_only(target.parent)


def test_a_release_without_this_archive_is_no_way(releases: Releases, target: Path):
    with pytest.raises(WayClosedError, match="404"):
        livekit_release.obtain(target)


def test_a_platform_without_an_archive_is_told_so(
    monkeypatch: pytest.MonkeyPatch, releases: Releases, target: Path
):
    monkeypatch.setattr("platform.system", lambda: "Darwin")

    with pytest.raises(WayClosedError, match="no archive for Darwin"):
        livekit_release.obtain(target)


def test_a_web_server_that_stays_silent_is_given_up(monkeypatch: pytest.MonkeyPatch, target: Path):
    monkeypatch.setattr(livekit_release, "SILENCE_S", 0.1)
    with socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr(livekit_release, "RELEASE_URL", url)

        with pytest.raises(WayClosedError, match="timed out"):
            livekit_release.obtain(target)


def test_what_a_killed_set_up_left_is_removed_once_it_is_old(releases: Releases, target: Path):
    fresh, abandoned = (
        target.parent / f"{livekit_install.PARTIAL}{age}" for age in ("fresh", "old")
    )
    for folder in (fresh, abandoned):
        folder.mkdir(parents=True)
        (folder / "half").touch()
    long_ago = time.time() - 2 * livekit_install.ABANDONED_S
    os.utime(abandoned, (long_ago, long_ago))
    releases.publish()

    livekit_release.obtain(target)

    assert holds_only(target.parent, "livekit-server", fresh.name)


def test_a_build_is_put_in_place_under_its_name(programs: Path, target: Path):
    go(programs, install=f"cat > $GOBIN/server <<'E'\n{SERVER.decode()}\nE")

    livekit_build.obtain(target)

    assert version_of(target) == "1.13.5"
    assert holds_only(target.parent, "livekit-server")


def test_the_build_is_static_small_and_names_no_folder_of_this_computer(
    programs: Path, target: Path
):
    go(programs, install='echo "$CGO_ENABLED $GOFLAGS $*" >&2; exit 1')

    with pytest.raises(WayClosedError) as closed:
        livekit_build.obtain(target)

    module = "github.com/livekit/livekit-server/cmd/server@v1.13.5"
    assert str(closed.value) == f"The build failed:\n0 -trimpath install -ldflags -s -w {module}"
    assert module in livekit_build.command_line()
    assert holds_only(target.parent)


def test_a_build_that_does_not_end_is_ended_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch, programs: Path, tmp_path: Path, target: Path
):
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    go(programs, install=f"sh -c 'exec > {alive}; echo started; sleep 60' & sleep 60")
    monkeypatch.setattr(livekit_build, "BUILD_S", 1.0)

    with pytest.raises(WayClosedError, match="not finished within"):
        livekit_build.obtain(target)

    # At its end: nobody holds the pipe any more.
    os.set_blocking(reader, True)
    assert os.read(reader, 100) == b"started\n"
    assert os.read(reader, 100) == b""
    os.close(reader)
    assert holds_only(target.parent)


@pytest.mark.parametrize(
    ("version", "complaint"),
    [("go1.19.8", "is go1.19, and"), ("devel", "does not say its version")],
)
def test_a_go_that_cannot_build_it_is_no_way(
    programs: Path, target: Path, version: str, complaint: str
):
    go(programs, version=version, install="exit 1")

    with pytest.raises(WayClosedError, match=complaint):
        livekit_build.obtain(target)


def test_without_go_there_is_no_build(programs: Path, target: Path):
    with pytest.raises(WayClosedError, match="Go is not installed"):
        livekit_build.obtain(target)


def test_a_download_is_tried_before_a_build(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    releases: Releases,
    programs: Path,
    target: Path,
):
    go(programs, install=f"cat > $GOBIN/server <<'E'\n{SERVER.decode()}\nE")

    assert livekit_server.ensure() == target

    said = capfd.readouterr().err
    assert said.index("The download failed: HTTP Error 404") < said.index("Building livekit-server")
    assert livekit_server.ensure() == target
    assert capfd.readouterr().err == ""


def test_when_no_way_is_open_every_way_is_named(
    monkeypatch: pytest.MonkeyPatch, releases: Releases, programs: Path, target: Path
):
    with pytest.raises(MissingRequirementError) as raised:
        livekit_server.ensure()

    for way in (
        livekit_release.RELEASE_URL,
        "brew install livekit",
        "go install",
        SERVER_VARIABLE,
        str(target),
    ):
        assert way in raised.value.hint


def test_a_server_that_was_chosen_is_never_replaced(
    monkeypatch: pytest.MonkeyPatch, programs: Path
):
    monkeypatch.setenv(SERVER_VARIABLE, str(programs / "none"))

    with pytest.raises(MissingRequirementError, match="names a file that cannot be used"):
        livekit_server.ensure()
