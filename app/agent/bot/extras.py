"""Finds out which extra of pipecat-ai brings what is missing, from Pipecat's own files."""

import ast
import importlib.util
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from app.agent.syntax import parse

DISTRIBUTION = "pipecat-ai"
_NAMED = re.compile(r"pipecat-ai\[([a-z0-9-]+)(?:,[a-z0-9,-]+)?\]")


def extra_for(module: str, paths: Iterable[str] = ()) -> str:
    """The extra that brings `module`; empty where none is known.

    `paths` are files that tried to import it: Pipecat's name their extra in what they say when it is missing.
    """
    for path in paths:
        if (extra := named_in(path)) and extra in known_extras():
            return extra
    top = module.partition(".")[0]
    return "" if top in ("", "pipecat") else _extra_by_module().get(top, "")


@cache
def known_extras() -> frozenset[str]:
    """The extras that the installed Pipecat has."""
    return frozenset(metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or ())


@cache
def named_in(path: str) -> str:
    """The extra that a file of Pipecat says it needs; empty for others."""
    file = Path(path)
    if not path.endswith(".py") or not file.is_relative_to(pipecat_folder()) or not file.is_file():
        return ""
    found = _NAMED.search(file.read_text(encoding="utf-8"))
    return found.group(1) if found else ""


@cache
def pipecat_folder() -> Path:
    """Where the installed Pipecat is."""
    spec = importlib.util.find_spec("pipecat")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def guarded_imports(file: Path) -> Iterator[str]:
    """The modules that a file of Pipecat imports at its top within `try`: those that an extra brings."""
    for node in parse(file.read_bytes()).body:
        if isinstance(node, ast.Try):
            for inner in node.body:
                if isinstance(inner, ast.Import):
                    yield from (alias.name for alias in inner.names)
                elif isinstance(inner, ast.ImportFrom) and inner.module and not inner.level:
                    yield inner.module


@cache
def _extra_by_module() -> dict[str, str]:
    """What the files of Pipecat that name an extra import, by its top-level name."""
    found: dict[str, str] = {}
    for file in sorted(pipecat_folder().rglob("*.py")):
        if extra := named_in(str(file)):
            for module in guarded_imports(file):
                found.setdefault(module.partition(".")[0], extra)
    return found
