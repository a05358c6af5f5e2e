"""Where the files that ship with Greenroom are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "resources"
"""Beside the package in the source tree and in an installed wheel alike."""


def resource(name: str) -> Path:
    """The path of a shipped file or folder, such as `icons/mic.svg`. Any thread."""
    return ROOT / name
