"""Keys that must not be found anywhere, and the search for them in every form that a program gives a text."""

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus


def canary(name: str) -> str:
    """A key that no format gives away, with signs that URLs and base64 write differently."""
    return f"canary-{name}+/{secrets.token_hex(12)}~"


def found_in(folder: Path, canaries: Mapping[str, str]) -> list[str]:
    """Every file under `folder` that holds a canary, with its name."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [
        f"{path.relative_to(folder)}: {name}"
        for path in files
        for name in _held(_content(path), canaries)
    ]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # It has been moved meanwhile.
        return b""


def found_in_command_lines(canaries: Mapping[str, str]) -> list[str]:
    """Every process of this computer whose command line holds a canary, with its name."""
    held: list[str] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:  # It has ended meanwhile.
            continue
        held += [f"{path.parent.name}: {name}" for name in _held(line, canaries)]
    return held


def _held(content: bytes, canaries: Mapping[str, str]) -> Iterator[str]:
    for name, value in canaries.items():
        if any(form in content for form in forms(value)):
            yield name


def forms(value: str) -> Iterator[bytes]:
    """The value as it is, in JSON, URL-encoded, and in base64 wherever it begins in a longer text."""
    yield value.encode()
    yield value.encode("utf-16-le")
    yield json.dumps(value).strip('"').encode()
    yield quote(value).encode()
    yield quote(value, safe="").encode()
    yield quote_plus(value).encode()
    for lead in range(3):
        longer = bytes(lead) + value.encode()
        for encoded in (base64.b64encode(longer), base64.urlsafe_b64encode(longer)):
            # Characters at either end share their bits with what stands beside.
            yield encoded[4:-4]
