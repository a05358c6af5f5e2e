"""Builds a livekit-server from source with Go."""

import re
import shutil
import subprocess
from pathlib import Path

import children
from livekit_install import RELEASE, WayClosedError, partial_folder, put_in_place
from terminal import LiveLine, say

MODULE = f"github.com/livekit/livekit-server/cmd/server@v{RELEASE}"
COMMAND = ("install", "-ldflags", "-s -w", MODULE)
SETTINGS = {"CGO_ENABLED": "0", "GOFLAGS": "-trimpath"}
OLDEST_GO = (1, 26)
"""What the go.mod of `RELEASE` asks for."""
USUAL_GO = "/usr/local/go/bin"
"""Where Go's own archive is unpacked, often without a word on PATH."""
BUILD_S = 1800.0
ASK_S = 20.0
LINES_SHOWN = 15


def obtain(target: Path) -> None:
    """Build the server and put it at `target`. Raises `WayClosedError`; then nothing has changed."""
    go = _find_go()
    say(f"Building livekit-server {RELEASE} from source with Go, once. This takes 3 to 4 minutes.")
    with partial_folder(target) as folder:
        try:
            _build(go, folder)
        except subprocess.TimeoutExpired as error:
            raise WayClosedError(
                f"The build was not finished within {BUILD_S / 60:.0f} minutes."
            ) from error
        # Named after its package's folder.
        put_in_place(folder / f"server{target.suffix}", target)


def command_line() -> str:
    """What a person would type to build it."""
    settings = " ".join(f"{name}={value}" for name, value in SETTINGS.items())
    return f'{settings} go install -ldflags "-s -w" {MODULE}'


def _find_go() -> str:
    go = shutil.which("go") or shutil.which("go", path=USUAL_GO)
    if go is None:
        raise WayClosedError("Go is not installed.")
    said = subprocess.run(
        [go, "version"], capture_output=True, text=True, timeout=ASK_S, check=False
    ).stdout
    version = re.search(r"go(\d+)\.(\d+)", said)
    if version is None:
        raise WayClosedError(f"{go} does not say its version.")
    if (int(version[1]), int(version[2])) < OLDEST_GO:
        raise WayClosedError(f"{go} is {version[0]}, and livekit-server {RELEASE} needs go1.26.")
    return go


def _build(go: str, folder: Path) -> None:
    log = folder / "build.log"
    with log.open("wb") as output, LiveLine("Building livekit-server") as line:
        code = children.run(
            [go, *COMMAND],
            timeout_s=BUILD_S,
            settings={**SETTINGS, "GOBIN": str(folder)},
            output=output,
            tick=line.show,
        )
    if code != 0:
        last = log.read_text("utf-8", "replace").splitlines()[-LINES_SHOWN:]
        raise WayClosedError("\n".join(["The build failed:", *last]))
