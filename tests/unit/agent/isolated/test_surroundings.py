from pathlib import Path

import pytest

from app.agent.isolated.surroundings import choose_isolation, environment, program
from app.domain.bot_files import BotFile, BotLook, Isolation

OWN = Path("/bots/desk/.venv/bin/python")


def test_a_child_inherits_no_key_of_ours():
    ours = {
        "PATH": "/usr/bin",
        "HOME": "/home/joe",
        "LANG": "de_DE.UTF-8",
        "LC_TIME": "C",
        "HTTPS_PROXY": "http://proxy:3128",
        "PIPECAT_SETUP_FILES": "/home/joe/setup.py",
        "OPENAI_API_KEY": "a-key",
        "LIVEKIT_API_SECRET": "a-secret",
        "PYTHONPATH": "/elsewhere",
        "VIRTUAL_ENV": "/elsewhere",
    }

    kept = environment(ours)

    assert kept.keys() == {
        "PATH", "HOME", "LANG", "LC_TIME", "HTTPS_PROXY", "PIPECAT_SETUP_FILES",
    }  # fmt: skip


def test_the_child_is_run_by_its_path_with_the_interpreter_of_the_bot():
    assert program(OWN)[0] == str(OWN)
    assert Path(program(None)[-1]).is_file()


@pytest.mark.parametrize(
    ("isolation", "python", "isolated"),
    [
        (Isolation.AUTOMATIC, None, False),
        (Isolation.AUTOMATIC, OWN, True),
        (Isolation.IN_PROCESS, OWN, False),
        (Isolation.ISOLATED, None, True),
    ],
)
def test_a_project_with_an_environment_of_its_own_gets_a_process_of_its_own(
    isolation: Isolation, python: Path | None, isolated: bool
):
    path = Path("/bots/desk/bot.py")
    bot = BotFile(id="desk", name="Desk", path=path, sha256="", isolation=isolation)
    look = BotLook(path=path, sha256="", env_file=None, python=python, troubles=())

    assert choose_isolation(bot, look) is isolated
