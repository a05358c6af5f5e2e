"""Which versions a call ran on."""

import importlib.metadata
import platform

from app import __version__

PACKAGES = ("pipecat-ai", "livekit", "livekit-api", "PySide6")


def versions(server_version: str) -> tuple[tuple[str, str], ...]:
    """Name and version of each part of this program that a call depends on."""
    ours = importlib.metadata.version
    return (
        ("greenroom", __version__),
        ("python", platform.python_version()),
        ("livekit-server", server_version),
        *((name, ours(name)) for name in PACKAGES),
    )
