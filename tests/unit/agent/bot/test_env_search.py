"""Where a bot's `.env` is looked for."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, cast

import dotenv
import pytest

from app.agent.bot import env_search
from app.agent.bot.session import BotSession, current_bot


def _untraced(_frame: FrameType, _event: str, _argument: object) -> None:
    """A tracer that traces nothing."""


@pytest.fixture
def in_a_bot() -> Iterator[None]:
    env_search.install()
    token = current_bot.set(cast("BotSession", object()))
    yield
    current_bot.reset(token)


def asked_from(path: Path) -> str:
    """What a program at this path finds."""
    path.write_text("from dotenv import find_dotenv\nfound = find_dotenv()\n")
    names: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    return names["found"]


@pytest.mark.usefixtures("in_a_bot")
def test_a_bots_file_is_found_beside_it_or_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project/server").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for folder in ("project", "elsewhere"):
        (tmp_path / folder / ".env").write_text("A=1\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    before = sys.gettrace()
    sys.settrace(before or _untraced)
    try:
        found = asked_from(tmp_path / "project/server/bot.py")
    finally:
        sys.settrace(before)

    assert found == str(tmp_path / "project/.env")


@pytest.mark.usefixtures("in_a_bot")
def test_who_asks_for_the_working_directory_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("A=1\n")
    monkeypatch.chdir(tmp_path)

    assert Path(dotenv.find_dotenv(usecwd=True)).samefile(tmp_path / ".env")
    with pytest.raises(OSError, match="not found"):
        dotenv.find_dotenv("no-such-file-anywhere", raise_error_if_not_found=True)
