"""Gets a livekit-server from the archive that LiveKit releases for this platform."""

import hashlib
import http.client
import platform
import shutil
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import IO

from app.media.server_binary import EXECUTABLE
from livekit_install import RELEASE, WayClosedError, partial_folder, put_in_place
from terminal import LiveLine, say

RELEASE_URL = f"https://github.com/livekit/livekit/releases/download/v{RELEASE}"
ARCHIVES = {
    ("Linux", "x86_64"): "linux_amd64.tar.gz",
    ("Linux", "aarch64"): "linux_arm64.tar.gz",
    ("Linux", "armv7l"): "linux_armv7.tar.gz",
    ("Windows", "AMD64"): "windows_amd64.zip",
    ("Windows", "ARM64"): "windows_arm64.zip",
}
"""LiveKit releases none for macOS: Homebrew has it there."""
SILENCE_S = 8.0
"""Longest wait for an answer, or for more of it."""
DOWNLOAD_S = 900.0
BLOCK = 1 << 18


def obtain(target: Path) -> None:
    """Download the archive, check it, put its binary at `target`.

    It is checked against the checksums that were released with it. Raises `WayClosedError`; then nothing has changed.
    """
    name = _archive_name()
    say(f"Downloading livekit-server {RELEASE} from {RELEASE_URL}")
    try:
        with partial_folder(target) as folder:
            digest = _digest_in(_get_text(f"{RELEASE_URL}/checksums.txt"), name)
            archive = folder / name
            _download(f"{RELEASE_URL}/{name}", archive, digest)
            binary = folder / EXECUTABLE
            _extract(archive, binary)
            put_in_place(binary, target)
    except (OSError, http.client.HTTPException, tarfile.TarError, zipfile.BadZipFile) as error:
        raise WayClosedError(f"The download failed: {_reason(error)}.") from error


def _archive_name() -> str:
    here = (platform.system(), platform.machine())
    if here not in ARCHIVES:
        raise WayClosedError(f"LiveKit releases no archive for {' '.join(here)}.")
    return f"livekit_{RELEASE}_{ARCHIVES[here]}"


def _digest_in(checksums: str, name: str) -> str:
    """The SHA-256 that a `sha256sum` file gives for `name`."""
    for line in checksums.splitlines():
        digest, _, file = line.partition(" ")
        if file.strip() == name:
            return digest
    raise WayClosedError(f"The release's checksums do not name {name}.")


def _get_text(url: str) -> str:
    with _open(url) as answer:
        return answer.read(BLOCK).decode("ascii", "replace")


def _download(url: str, archive: Path, digest: str) -> None:
    ends = time.monotonic() + DOWNLOAD_S
    found = hashlib.sha256()
    with _open(url) as answer, archive.open("wb") as file, LiveLine("Downloading") as line:
        while block := answer.read(BLOCK):
            found.update(block)
            file.write(block)
            line.show(f"{file.tell() / 1e6:.1f} MB")
            if time.monotonic() > ends:
                raise TimeoutError(f"not finished within {DOWNLOAD_S / 60:.0f} minutes")
    if found.hexdigest() != digest:
        raise WayClosedError(
            "The archive is not the one that LiveKit released: its SHA-256 differs."
        )


def _open(url: str) -> http.client.HTTPResponse:
    return urllib.request.urlopen(url, timeout=SILENCE_S)  # noqa: S310 - built from RELEASE_URL


def _extract(archive: Path, binary: Path) -> None:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as zipped:
            _copy(zipped.open(EXECUTABLE) if EXECUTABLE in zipped.namelist() else None, binary)
        return
    with tarfile.open(archive) as tar:
        _copy(tar.extractfile(EXECUTABLE) if EXECUTABLE in tar.getnames() else None, binary)


def _copy(source: IO[bytes] | None, binary: Path) -> None:
    if source is None:
        raise WayClosedError(f"There is no {EXECUTABLE} in the archive.")
    with source, binary.open("wb") as file:
        shutil.copyfileobj(source, file)


def _reason(error: Exception) -> str:
    # An HTTPError says its status itself; other URLErrors wrap what happened.
    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        return str(error.reason)
    return str(error) or type(error).__name__
