"""Says in words why a bot could not be loaded, or failed."""

import traceback
from importlib import metadata
from pathlib import Path

from app.agent.bot.extras import DISTRIBUTION, extra_for
from app.domain.errors import MissingRequirementError, UserError

REMEDY = "Mend it and start it again."


def could_not_load(error: Exception, program: Path) -> UserError:
    """The error for what importing a bot has raised."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, SyntaxError):
        where = f"{Path(error.filename or program).name}, line {error.lineno}"
        return UserError(f"The bot has a syntax error in {where}: {error.msg}.", REMEDY)
    if isinstance(error, ImportError):
        return _missing(error, program)
    return has_failed(error, program)


def _missing(error: ImportError, program: Path) -> UserError:
    name = _module_of(error)
    if name.startswith("pipecat."):
        return UserError(
            f"The bot needs {name}, which this Pipecat does not have{_where(error, program)}.",
            f"Pipecat {metadata.version(DISTRIBUTION)} is installed here.",
        )
    if extra := extra_for(name, [str(error), *_notes(error)]):
        return MissingRequirementError(
            f"The bot needs Pipecat’s extra “{extra}”, which is not installed here.",
            f"pip install 'pipecat-ai[{extra}]'",
        )
    where = _where(error, program)
    if not name:
        return UserError(f"The bot cannot be imported{where}: {error}.", REMEDY)
    return MissingRequirementError(
        f"The bot needs the package {name}, which is not installed here{where}.",
        "Install it, or let the bot run in its project’s own environment.",
    )


def _module_of(error: BaseException | None) -> str:
    """The module that was missing first; Pipecat raises a second error from it."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name:
            return error.name
        error = error.__cause__ or error.__context__
    return ""


def _notes(error: BaseException) -> list[str]:
    """The files that the error went through, innermost first."""
    return [frame.filename for frame in reversed(traceback.extract_tb(error.__traceback__))]


def has_failed(error: BaseException, program: Path) -> UserError:
    """The error for what a bot itself has raised."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return UserError(f"The bot failed{_where(error, program)}: {said.rstrip('.')}.", REMEDY)


def _where(error: BaseException, program: Path) -> str:
    """The innermost line of the bot's own files that the error went through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(program.parent):
            return f" in {Path(frame.filename).name}, line {frame.lineno}"
    return ""
