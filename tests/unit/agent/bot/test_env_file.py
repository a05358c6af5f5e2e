"""A bot's `.env`, read as most bots read it: without `override`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from dotenv import load_dotenv

from app.agent.bot import environment

OURS = "/ours/hook.py"


@pytest.fixture(autouse=True)
def overlaid() -> Iterator[None]:
    environment.install()
    with environment.overlaid(environment.Overlay({}, OURS)):
        yield


def env_file(folder: Path, text: str) -> Path:
    path = folder / ".env"
    path.write_text(text)
    return path


def test_its_set_up_files_run_beside_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(environment.SETUP_FILES, raising=False)

    load_dotenv(env_file(tmp_path, f"{environment.SETUP_FILES}=/theirs/tracing.py\n"))

    assert os.environ[environment.SETUP_FILES] == os.pathsep.join((OURS, "/theirs/tracing.py"))


def test_ours_alone_is_read_and_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(environment.SETUP_FILES, raising=False)

    assert os.environ[environment.SETUP_FILES] == OURS
    assert environment.SETUP_FILES not in os.environ


def test_what_the_user_names_outside_of_the_file_wins(tmp_path: Path) -> None:
    os.environ[environment.SETUP_FILES] = "/theirs/outside.py"

    load_dotenv(env_file(tmp_path, f"{environment.SETUP_FILES}=/theirs/tracing.py\n"))

    assert os.environ[environment.SETUP_FILES] == os.pathsep.join((OURS, "/theirs/outside.py"))
