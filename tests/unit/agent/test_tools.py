"""Functions of a user's files as tools."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from pipecat.adapters.llm.schemas.direct_function import DirectFunctionWrapper

from app.agent.tools import TOOL_S, Tool, load_tools
from app.domain.errors import UserError

SOURCE = '''
from __future__ import annotations
import threading

LIMIT = 3

def find_books(title: str, limit: int = LIMIT) -> list[str]:
    """Find books in the catalogue.

    Args:
        title: Words of the title.
        limit: How many at most.
    """
    return [title, str(limit), threading.current_thread().name]

async def opening_hours(day: str) -> str:
    """When the library is open."""
    return f"nine to five on {day}"

async def hang_up(params) -> None:
    """End the call."""
    await params.result_callback("bye")

def _private() -> None: ...
'''


class Asked:
    """What Pipecat hands to a tool."""

    def __init__(self) -> None:
        self.results: list[object] = []

    async def result_callback(self, result: object) -> None:
        self.results.append(result)


def tools_of(folder: Path, source: str = SOURCE) -> dict[str, Tool]:
    (folder / "catalogue.py").write_text(source, encoding="utf-8")
    return {cast("Any", tool).__name__: tool for tool in load_tools(folder, ["catalogue.py"])}


def test_public_functions_become_tools_with_their_docstrings(tmp_path: Path) -> None:
    tools = tools_of(tmp_path)

    schema = DirectFunctionWrapper(tools["find_books"]).to_function_schema()

    assert list(tools) == ["find_books", "opening_hours", "hang_up"]
    assert schema.description == "Find books in the catalogue."
    assert schema.required == ["title"]
    assert schema.properties["title"] == {"type": "string", "description": "Words of the title."}
    assert schema.properties["limit"]["type"] == "integer"


async def test_a_function_that_blocks_runs_on_a_thread(tmp_path: Path) -> None:
    asked = Asked()

    await tools_of(tmp_path)["find_books"](params=asked, title="Dune", limit=2)

    ((title, limit, thread),) = cast("list[list[str]]", asked.results)
    assert (title, limit) == ("Dune", "2")
    assert thread.startswith("asyncio_")


async def test_async_functions_are_awaited_and_those_for_pipecat_left_alone(tmp_path: Path) -> None:
    tools, asked = tools_of(tmp_path), Asked()

    async with asyncio.timeout(5):
        await tools["opening_hours"](params=asked, day="Monday")
        await tools["hang_up"](params=asked)

    assert asked.results == ["nine to five on Monday", "bye"]


def test_every_tool_has_a_deadline(tmp_path: Path) -> None:
    for tool in tools_of(tmp_path).values():
        assert cast("Any", tool)._pipecat_timeout_secs == TOOL_S


@pytest.mark.parametrize(
    ("source", "title", "hint"),
    [
        ("def broken(:\n", "catalogue.py does not run.", "Line 1: SyntaxError"),
        ("import nowhere\n", "catalogue.py does not run.", "Line 1: ModuleNotFoundError"),
        ("x = 1\n1 / 0\n", "catalogue.py does not run.", "Line 2: ZeroDivisionError"),
    ],
)
def test_a_file_that_does_not_run_says_its_line(
    tmp_path: Path, source: str, title: str, hint: str
) -> None:
    with pytest.raises(UserError) as refused:
        tools_of(tmp_path, source)

    assert refused.value.title == title
    assert refused.value.hint.startswith(hint)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file"):
        load_tools(tmp_path, ["missing.py"])


def test_two_tools_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text("def same() -> int: return 1\n", encoding="utf-8")

    with pytest.raises(UserError, match="two tools called same"):
        load_tools(tmp_path, ["one.py", "two.py"])
