# pyright: reportUnknownVariableType=false
"""Makes the functions in a user's Python files into tools that a model can call."""

import asyncio
import functools
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast
from uuid import uuid4

from pipecat.adapters.llm.schemas.direct_function import DirectFunctionWrapper, tool_options

from app.domain.errors import UserError

TOOL_S = 20.0
"""How long one call of a tool may take."""
SPECIAL = "params"
"""The first parameter of a function that was written for Pipecat."""

Tool = Callable[..., Awaitable[Any]]


class CallParameters(Protocol):
    """What Pipecat hands to a function beside its arguments."""

    @property
    def result_callback(self) -> Callable[[object], Awaitable[None]]: ...


def load_tools(folder: Path | None, paths: Sequence[str]) -> list[Tool]:
    """The public functions of these files as Pipecat's direct functions. Runs the files; blocks.

    A function that is not async runs on a thread. Raises UserError for a file that is not there or does not run, and
    for a function that cannot be a tool.
    """
    tools: dict[str, Tool] = {}
    for path in paths:
        for tool in _tools_of(tool_path(folder, path)):
            name = getattr(tool, "__name__", "")
            if name in tools:
                raise UserError(f"There are two tools called {name}.", "Rename one of them.")
            tools[name] = tool
    return list(tools.values())


def load_module(path: Path) -> ModuleType:
    """Run a Python file as a module under a name of its own, so that two agents never share one.

    Raises UserError when it is not there or does not run.
    """
    name = f"greenroom_tools_{path.stem}_{uuid4().hex[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UserError(f"There is no file {path}.", "Mend its path in the preset.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UserError(f"{path.name} does not run.", _where(error, path)) from error
    return module


def tool_path(folder: Path | None, path: str) -> Path:
    """Where a tool's file is, its path counted from the preset's folder."""
    return Path(path) if folder is None else folder / path


def functions_of(module: ModuleType) -> list[Callable[..., Any]]:
    """The public functions that a module defines itself, in their order."""
    return [
        each
        for name, each in vars(module).items()
        if inspect.isfunction(each)
        and each.__module__ == module.__name__
        and not name.startswith("_")
    ]


def _tools_of(path: Path) -> list[Tool]:
    tools = [_tool(function) for function in functions_of(load_module(path))]
    for tool in tools:
        try:
            DirectFunctionWrapper(tool)
        except Exception as error:
            name = getattr(tool, "__name__", "")
            raise UserError(
                f"{name} in {path.name} cannot be a tool.", f"{error}. Mend its signature."
            ) from error
    return tools


def _tool(function: Callable[..., Any]) -> Tool:
    """The function with the face that Pipecat wants, and with a deadline."""
    if inspect.iscoroutinefunction(function) and _first_parameter(function) == SPECIAL:
        return _limited(function)

    @functools.wraps(function)
    async def call(params: CallParameters, **arguments: object) -> None:
        if inspect.iscoroutinefunction(function):
            result = await function(**arguments)
        else:
            result = await asyncio.to_thread(function, **arguments)
        await params.result_callback(result)

    own = inspect.signature(function)
    first = inspect.Parameter(SPECIAL, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    face = own.replace(parameters=[first, *own.parameters.values()])
    cast("Any", call).__signature__ = face
    return _limited(call)


def _limited(function: Tool) -> Tool:
    """Give it the deadline, unless it brings one of its own."""
    if hasattr(function, "_pipecat_timeout_secs"):
        return function
    return cast("Tool", tool_options(timeout_secs=TOOL_S)(function))


def _first_parameter(function: Callable[..., Any]) -> str:
    return next(iter(inspect.signature(function).parameters), "")


def _where(error: Exception, path: Path) -> str:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    if isinstance(error, SyntaxError):
        lines.append(error.lineno)
    at = f"Line {lines[-1]}: " if lines else ""
    return f"{at}{type(error).__name__}: {error}"
