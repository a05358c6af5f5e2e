import inspect
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest

from app.agent.bot.failures import could_not_load, has_failed
from app.agent.bot.loading import PREFIX, LoadedBot, load_bot
from app.domain.errors import MissingRequirementError, UserError


def written(folder: Path, bot: str, beside: dict[str, str] | None = None) -> Path:
    """A bot's program in a folder, and files beside it."""
    for name, text in {"bot.py": bot, **(beside or {})}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
    return folder / "bot.py"


async def said(loaded: LoadedBot) -> object:
    return await loaded.bot(None)


def _modules() -> set[str]:
    return {name for name in sys.modules if name.startswith(PREFIX)}


def _compiled(folder: Path) -> list[Path]:
    return [*folder.rglob("*.pyc")]


BOT = """
    import helpers
    from helpers import NAME

    async def bot(args):
        import late
        from tools.more import TOOL
        return NAME, helpers.NAME, late.NAME, TOOL
"""


async def test_two_bots_each_have_their_own_neighbours(tmp_path: Path):
    paths = [
        written(
            tmp_path / name,
            BOT,
            {
                "helpers.py": f"NAME = {name!r}",
                "late.py": "from helpers import NAME\nNAME = NAME.upper()",
                "tools/more.py": f"from . import base\nTOOL = base.B + {name!r}",
                "tools/base.py": "B = 'tool of '",
                "tools/__init__.py": "",
            },
        )
        for name in ("ada", "bob")
    ]
    before = _modules()
    with ThreadPoolExecutor(2) as pool:
        ada, bob = pool.map(load_bot, paths)

    assert await said(ada) == ("ada", "ada", "ADA", "tool of ada")
    assert await said(bob) == ("bob", "bob", "BOB", "tool of bob")
    assert "helpers" not in sys.modules
    assert str(tmp_path / "ada") not in sys.path
    ada.unload()
    assert await said(bob) == ("bob", "bob", "BOB", "tool of bob")
    bob.unload()
    assert _modules() == before
    assert not _compiled(tmp_path)


async def test_a_neighbour_wins_over_what_is_installed_and_only_for_the_bot(tmp_path: Path):
    bot = "import yaml, app, json.decoder\nasync def bot(a): return yaml.NAME, app.NAME, json"
    path = written(tmp_path, bot=bot, beside={"yaml.py": "NAME = 1", "app.py": "NAME = 2"})
    (tmp_path / "json").mkdir()
    loaded = load_bot(path)
    import json

    import yaml

    import app

    assert await said(loaded) == (1, 2, json)
    assert yaml.__name__ == "yaml"
    assert app.__name__ == "app"
    loaded.unload()


async def test_names_modules_and_submodules_are_found_as_always(tmp_path: Path):
    bot = """
        import tools.deep.inner
        import tools.deep.inner as inner
        from tools import deep
        from tools.deep import *
        import dataclasses

        @dataclasses.dataclass
        class Thing:
            name: "str" = __name__

        async def bot(args):
            return tools.deep.inner is inner, deep.inner is inner, STARRED, __file__, Thing().name
    """
    path = written(
        tmp_path,
        bot,
        {
            "tools/__init__.py": "",
            "tools/deep/__init__.py": "STARRED = 5",
            "tools/deep/inner.py": "",
        },
    )
    loaded = load_bot(path)
    *found, name = await said(loaded)  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]

    assert found == [True, True, 5, str(path)]
    assert name == f"{loaded.package}.bot"
    assert "async def bot" in inspect.getsource(loaded.bot)
    loaded.unload()


def test_the_main_part_does_not_run(tmp_path: Path):
    path = written(tmp_path, bot="async def bot(a): ...\nif __name__ == '__main__': raise OSError")
    load_bot(path).unload()


def test_what_is_no_bot_is_refused(tmp_path: Path):
    before = _modules()
    for text in ("", "def bot(args): ...", "bot = 3"):
        with pytest.raises(UserError, match="is no bot"):
            load_bot(written(tmp_path, bot=text))

    assert _modules() == before


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "\nasync def bot(args:\n",
            "The bot has a syntax error in bot.py, line 2: '(' was never closed.",
        ),
        (
            "import x_y_z",
            "The bot needs the package x_y_z, which is not installed here in bot.py, line 1.",
        ),
        (
            "from os import x_y_z",
            "The bot cannot be imported in bot.py, line 1: cannot import name 'x_y_z' from 'os'",
        ),
        ("a = 1\n1 / 0", "The bot failed in bot.py, line 2: ZeroDivisionError: division by zero."),
        (
            "from pipecat.services.assemblyai_nowhere import stt",
            "The bot needs pipecat.services.assemblyai_nowhere, which this Pipecat does not have in bot.py, line 1.",
        ),
    ],
)
def test_what_fails_is_said_with_its_line(tmp_path: Path, text: str, title: str):
    path = written(tmp_path, bot=text)
    with pytest.raises((SyntaxError, ImportError, ArithmeticError)) as failed:
        load_bot(path)

    assert could_not_load(failed.value, path).title.startswith(title)


def test_a_missing_extra_is_named(tmp_path: Path):
    # A service of Pipecat's whose package is not installed with the tests.
    path = written(tmp_path, bot="from pipecat.services.hume.tts import HumeTTSService")
    with pytest.raises(ImportError) as failed:
        load_bot(path)
    error = could_not_load(failed.value, path)

    assert isinstance(error, MissingRequirementError)
    assert error.title == "The bot needs Pipecat’s extra “hume”, which is not installed here."
    assert error.hint == "pip install 'pipecat-ai[hume]'"


def test_an_error_without_words_is_named_by_its_kind(tmp_path: Path):
    assert (
        has_failed(KeyboardInterrupt(), tmp_path / "bot.py").title
        == "The bot failed: KeyboardInterrupt."
    )
