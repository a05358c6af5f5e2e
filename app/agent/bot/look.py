"""Looks at a bot without running it: what it would need, and what would fail."""

import ast
import importlib.util
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from dotenv import dotenv_values

from app.agent.bot import stand_ins
from app.agent.bot.environment import SETUP_FILES
from app.agent.bot.extras import extra_for, guarded_imports, named_in, pipecat_folder
from app.agent.bot.imports import Import, Source, is_neighbour, sources_of
from app.agent.bot.loading import ENTRY
from app.agent.bot.project import content_sha256, find_program, python_of
from app.agent.bot.variables import Variable, reads_env_file, variables_of
from app.domain.bot_files import BotLook, Trouble
from app.domain.errors import UsageError
from app.domain.providers import PROVIDERS

ENV_FILE = ".env"
NO_KEYS: Mapping[str, str] = MappingProxyType({})


def look_at(path: Path, keys: Mapping[str, str] = NO_KEYS) -> BotLook:
    """What the bot at `path`, a file or a project's folder, is found to be. Blocks for a moment; any thread.

    `keys` are the variables that it would be given. Raises UsageError when there is no bot to look at.
    """
    program = find_program(path)
    sources, troubles = _read(program)
    env_file = find_env_file(program.parent) if reads_env_file(sources) else None
    named = variables_of((*sources, *_set_up_sources(program.parent, env_file)))
    return BotLook(
        path=program,
        sha256=content_sha256(program),
        env_file=env_file,
        python=python_of(program),
        troubles=(*troubles, *_troubles(sources, env_file, keys)),
        variables=tuple(sorted(each.name for each in named)),
    )


def find_env_file(folder: Path) -> Path | None:
    """The `.env` that `load_dotenv()` finds for a program in `folder`: there, or the nearest above it."""
    for place in (folder, *folder.parents):
        if (place / ENV_FILE).is_file():
            return place / ENV_FILE
    return None


def _read(program: Path) -> tuple[tuple[Source, ...], tuple[Trouble, ...]]:
    try:
        return sources_of(program), ()
    except SyntaxError as error:
        where = f"{Path(error.filename or program).name}, line {error.lineno}"
        return (), (Trouble(f"There is a syntax error in {where}: {error.msg}.", "Mend it."),)


def _set_up_sources(folder: Path, env_file: Path | None) -> Iterator[Source]:
    """The user's own set-up files, as a process in `folder` finds them. What is wrong with one Pipecat says."""
    files = os.environ.get(SETUP_FILES) or _in_file(env_file).get(SETUP_FILES) or ""
    for file in filter(None, files.split(os.pathsep)):
        with suppress(SyntaxError, UsageError):
            yield from sources_of(folder / file)


def _in_file(env_file: Path | None) -> Mapping[str, str | None]:
    return {} if env_file is None else dotenv_values(env_file, interpolate=False)


def _troubles(
    sources: tuple[Source, ...], env_file: Path | None, keys: Mapping[str, str]
) -> Iterator[Trouble]:
    if not sources:
        return
    program = sources[0].path
    if not _has_entry(sources[0]):
        yield Trouble(
            f"{program.name} has no “async def bot(runner_args)”.",
            "Give it one, as Pipecat’s runner expects.",
        )
    yield from _missing_packages(sources, program.parent)
    yield from _variables(sources, env_file, keys)


def _has_entry(source: Source) -> bool:
    """Whether it defines its entry, or takes it from elsewhere."""
    return any(
        (isinstance(node, ast.AsyncFunctionDef) and node.name == ENTRY)
        or (isinstance(node, ast.ImportFrom) and ENTRY in {a.asname or a.name for a in node.names})
        for node in ast.walk(source.tree)
    )


def _missing_packages(sources: tuple[Source, ...], folder: Path) -> Iterator[Trouble]:
    told: set[str] = set()
    for source in sources:
        for one in source.imports:
            if one.level or one.optional or is_neighbour(one, folder):
                continue
            for trouble in _missing_of(one):
                if trouble.what not in told:
                    told.add(trouble.what)
                    yield trouble


def _missing_of(one: Import) -> Iterator[Trouble]:
    top = one.module.partition(".")[0]
    if top == "pipecat":
        yield from _missing_extras(one)
    elif not _is_installed(top):
        where = f"{one.file.name}, line {one.line}"
        extra = extra_for(top)
        remedy = (
            f"pip install 'pipecat-ai[{extra}]'"
            if extra
            else f"Install {top}, or run the bot isolated."
        )
        yield Trouble(f"The package {top} is not installed ({where}).", remedy, extra=extra)


def _missing_extras(one: Import) -> Iterator[Trouble]:
    """What a module of Pipecat needs and is not installed; what can be stood in for is none."""
    for file in _pipecat_files(one):
        needed = {name.partition(".")[0] for name in guarded_imports(file)}
        transport = file.is_relative_to(pipecat_folder() / "transports")
        missing = [name for name in sorted(needed) if not _is_installed(name)]
        if transport:
            missing = [name for name in missing if name not in stand_ins.names()]
        extra = named_in(str(file))
        if missing and extra:
            yield Trouble(
                f"The bot needs Pipecat’s extra “{extra}”, which is not installed.",
                f"pip install 'pipecat-ai[{extra}]'",
                extra=extra,
            )


def _pipecat_files(one: Import) -> Iterator[Path]:
    """The files of Pipecat that an import runs, without those that they import themselves."""
    base = pipecat_folder().parent.joinpath(*one.module.split("."))
    for path in (base, *(base / name for name in one.names)):
        for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
            if file.is_file():
                yield file


def _is_installed(top: str) -> bool:
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False


def _variables(
    sources: tuple[Source, ...], env_file: Path | None, keys: Mapping[str, str]
) -> Iterator[Trouble]:
    in_file = _in_file(env_file)
    for variable in variables_of(sources):
        name = variable.name
        if in_file.get(name) or keys.get(name):
            continue
        if name in in_file:
            yield _blank(variable, env_file)
        elif not variable.has_default and not os.environ.get(name):
            yield _unset(variable)


def _blank(variable: Variable, env_file: Path | None) -> Trouble:
    remedy = "Give it a value or remove its line."
    if variable.has_default:
        remedy += " The bot’s own default is not used while the line is there."
    return Trouble(
        f"{variable.name} is empty in {env_file}.",
        remedy,
        blocking=_is_key(variable),
        provider_id=_provider(variable),
    )


def _unset(variable: Variable) -> Trouble:
    if not _is_key(variable):
        return Trouble(
            f"{variable.name} is not set ({variable.file.name}, line {variable.line}).",
            "Set it in the bot’s .env if the bot needs it.",
            blocking=variable.required,
        )
    return Trouble(
        f"The bot needs a key: {variable.name} is not set.",
        "Add the key on the page Keys, or set it in the bot’s .env.",
        provider_id=_provider(variable),
    )


def _is_key(variable: Variable) -> bool:
    return variable.name.endswith(("_KEY", "_TOKEN", "_SECRET"))


def _provider(variable: Variable) -> str:
    return next((p.id for p in PROVIDERS if variable.name in p.variables), "")
