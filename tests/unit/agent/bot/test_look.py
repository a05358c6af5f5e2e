import os
from pathlib import Path
from textwrap import dedent

import pytest

from app.agent.bot.environment import SETUP_FILES
from app.agent.bot.look import look_at
from app.agent.bot.project import content_sha256, find_program
from app.domain.bot_files import Trouble
from app.domain.errors import UsageError
from tests.support.bots.corpus import KEYS, Bots, bots, keys, sha256

__all__ = ["bots"]

ENTRY = "\nasync def bot(runner_args): ...\n"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    for name in (*KEYS, "CARTESIA_VOICE_ID", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


def written(folder: Path, text: str, name: str = "bot.py") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text) + ENTRY)
    return file


def troubles(path: Path, given: dict[str, str] | None = None) -> list[str]:
    return [trouble.what for trouble in look_at(path, given or {}).troubles]


def test_a_stock_project_lacks_nothing_but_its_keys(tmp_path: Path, bots: Bots):
    program = bots.quickstart(tmp_path)
    project = program.parent.parent
    look = look_at(project)

    assert look.path == program
    assert look.sha256 == sha256(program)
    assert look.env_file is None
    assert look.python is None
    assert [(t.what, t.provider_id, t.blocking) for t in look.troubles] == [
        (f"The bot needs a key: {name}_API_KEY is not set.", name.lower(), True)
        for name in ("DEEPGRAM", "CARTESIA", "OPENAI")
    ]
    assert look_at(project, keys()).troubles == ()


def test_variables_that_its_env_file_blanks_are_named(tmp_path: Path, bots: Bots):
    program = bots.blanked(tmp_path)
    look = look_at(program, keys())
    env_file = program.with_name(".env")

    assert look.env_file == env_file
    assert [(t.what, t.blocking) for t in look.troubles] == [
        (f"CARTESIA_VOICE_ID is empty in {env_file}.", False),
        (f"OPENAI_MODEL is empty in {env_file}.", False),
    ]
    assert "own default is not used" in look.troubles[0].remedy


def test_an_env_file_above_is_the_one_that_is_read(tmp_path: Path):
    (tmp_path / ".env").write_text("CRM_KEY=secret\n")
    reads = "import os\nfrom dotenv import load_dotenv\nload_dotenv()\nkey = os.environ['CRM_KEY']"
    program = written(tmp_path / "a" / "server", reads)

    assert look_at(tmp_path / "a").env_file == tmp_path / ".env"
    assert troubles(program) == []
    written(tmp_path / "a" / "server", "import os\nkey = os.environ['CRM_KEY']")
    assert look_at(program).env_file is None
    assert troubles(program) == ["The bot needs a key: CRM_KEY is not set."]


def test_only_what_is_really_needed_is_asked_for(tmp_path: Path):
    program = written(
        tmp_path,
        """
        import os
        from os import environ, getenv
        a = getenv("WITH_DEFAULT", "x")
        b = os.environ.get("NONE_BY_DEFAULT", None)
        c = environ["MUST_BE_THERE"]
        environ["WRITTEN"] = "1"
        """,
    )

    found = look_at(program).troubles
    assert [(t.what, t.blocking) for t in found] == [
        ("NONE_BY_DEFAULT is not set (bot.py, line 5).", False),
        ("MUST_BE_THERE is not set (bot.py, line 6).", True),
    ]


def test_missing_extras_and_packages_are_named_also_of_files_beside_it(tmp_path: Path):
    written(tmp_path, "import x_y_z\nfrom pipecat.services.hume import tts", "helpers.py")
    program = written(
        tmp_path,
        """
        import helpers
        from pipecat.services.hume.tts import HumeTTSService
        from pipecat.transports.daily.transport import DailyParams
        try:
            import optional_thing
        except ImportError:
            pass
        if __name__ == "__main__":
            import only_by_hand

        def later():
            import perhaps_never
        """,
    )

    hume = Trouble(
        "The bot needs Pipecat’s extra “hume”, which is not installed.",
        "pip install 'pipecat-ai[hume]'",
        extra="hume",
    )
    assert set(look_at(program).troubles) == {
        hume,
        Trouble(
            "The package x_y_z is not installed (helpers.py, line 1).",
            "Install x_y_z, or run the bot isolated.",
        ),
    }


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def broken(:\n", "There is a syntax error in bot.py, line 1: invalid syntax."),
        ("def bot(args): ...\n", "bot.py has no “async def bot(runner_args)”."),
    ],
)
def test_what_is_no_bot_is_said(tmp_path: Path, text: str, what: str):
    program = tmp_path / "bot.py"
    program.write_text(text)

    assert troubles(program) == [what]


def test_a_bot_may_come_from_a_file_beside_it(tmp_path: Path):
    written(tmp_path, "", "real.py")
    program = tmp_path / "bot.py"
    program.write_text("from real import bot\n")

    assert troubles(program) == []


def test_the_interpreter_of_the_projects_own_environment_is_found(tmp_path: Path):
    program = written(tmp_path / "server", "")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()

    assert look_at(tmp_path).python == python
    assert look_at(program).python == python


def test_variables_are_found_by_the_names_that_a_file_gives_them(tmp_path: Path):
    program = written(
        tmp_path,
        """
        import os
        ADDRESS = OTHER_NAME = "SERVICE_ADDRESS"
        NUMBER = 3
        os.environ.get(ADDRESS)
        os.getenv(UNKNOWN)
        os.environ[NUMBER]
        """,
    )

    assert look_at(program).variables == ("SERVICE_ADDRESS",)


def test_the_variables_of_the_users_own_set_up_files_count_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    program = written(
        tmp_path / "bot", "import os, dotenv\ndotenv.load_dotenv()\nos.getenv('MINE')"
    )
    tracing = written(tmp_path, "import os\nos.getenv('TRACING_KEY')", "tracing.py")
    written(tmp_path / "bot", "import os\nos.getenv('NEAR')", "near.py")
    broken = written(tmp_path, "no python", "broken.py")
    files = os.pathsep.join(str(file) for file in (broken, tmp_path / "gone.py", tracing))

    monkeypatch.setenv(SETUP_FILES, files)
    assert look_at(program).variables == ("MINE", "TRACING_KEY")
    assert not [what for what in troubles(program) if "TRACING_KEY" in what]
    monkeypatch.delenv(SETUP_FILES)
    (program.parent / ".env").write_text(f"{SETUP_FILES}=near.py\n")
    assert look_at(program).variables == ("MINE", "NEAR")


def test_where_there_is_no_bot_it_says_what_to_choose(tmp_path: Path):
    with pytest.raises(UsageError, match="There is no bot in"):
        find_program(tmp_path)
    with pytest.raises(UsageError, match="There is no file"):
        find_program(tmp_path / "bot.py")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UsageError, match="is no Python program"):
        find_program(tmp_path / "notes.txt")


def test_a_consent_covers_what_the_bot_imports_from_beside_it(tmp_path: Path):
    program = written(tmp_path, "import helpers\nfrom tools import one\nfrom . import nothing")
    alone = content_sha256(program)
    assert alone == sha256(program)

    seen = [alone]
    for name in ("helpers.py", "tools/__init__.py", "tools/one.py"):
        written(tmp_path, "", name)
        seen.append(content_sha256(program))
    written(tmp_path, "import deeper", "helpers.py")
    seen.append(content_sha256(program))
    written(tmp_path, "", "deeper.py")
    seen.append(content_sha256(program))
    assert len({*seen}) == len(seen)

    written(tmp_path, "not = imported", "unrelated.py")
    (tmp_path / ".env").write_text("KEY=1")
    assert content_sha256(program) == seen[-1]
