import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.agent.agent_loop import AgentLoop
from app.agent.bot import environment
from app.agent.bot.environment import SETUP_FILES, Overlay, overlaid

KEY = "GREENROOM_TEST_KEY"
REAL = "GREENROOM_TEST_REAL"
HOOK = "/the/hook.py"


@pytest.fixture(autouse=True)
def _real(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    environment.install()
    environment.install()
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.delenv(SETUP_FILES, raising=False)
    monkeypatch.setenv(REAL, "real")
    before = _all()
    yield
    assert _all() == before, "a bot has changed the real environment"


def _all() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


def test_a_bot_sees_its_keys_and_the_real_environment():
    with overlaid(Overlay({KEY: "sk-1"}, HOOK)):
        assert os.environ[KEY] == os.getenv(KEY) == os.environ.get(KEY) == "sk-1"
        assert KEY in os.environ
        assert os.environ[REAL] == "real"
        assert {KEY, REAL} <= {*os.environ} == {*os.environ.keys()}
        assert len(os.environ) == len([*os.environ]) == len(os.environ.copy())
        assert ("GREENROOM_TEST_KEY", "sk-1") in os.environ.items()
        assert KEY in repr(os.environ)
        assert "GREENROOM_NOWHERE" not in os.environ
        with pytest.raises(KeyError, match="GREENROOM_NOWHERE"):
            os.environ["GREENROOM_NOWHERE"]

    assert KEY not in os.environ
    assert KEY not in repr(os.environ)


def test_what_a_bot_writes_is_its_own():
    with overlaid(Overlay({}, HOOK)):
        os.environ[KEY] = "written"
        assert os.environ.setdefault(KEY, "other") == "written"
        os.environ.update({KEY: "updated"})
        os.environ |= {REAL: "hidden"}
        assert os.environ | {"X": "1"} == {**os.environ, "X": "1"}
        assert {KEY: "under"} | os.environ == {**os.environ}
        assert (os.environ.pop(KEY), os.environ.pop(KEY, None)) == ("updated", None)
        assert os.environ[REAL] == "hidden"
        del os.environ[REAL]
        assert REAL not in os.environ
        assert REAL not in [*os.environ]
        with pytest.raises(KeyError):
            del os.environ[REAL]

    assert os.environ[REAL] == "real"


def test_what_is_no_text_is_refused_as_always():
    with overlaid(Overlay({}, HOOK)), pytest.raises(TypeError, match="str expected"):
        os.environ[KEY] = 3  # pyright: ignore[reportArgumentType]


def test_a_key_that_was_given_survives_a_blank_line_of_the_env_file():
    with overlaid(Overlay({KEY: "sk-1"}, HOOK)):
        os.environ[KEY] = ""
        assert os.environ[KEY] == "sk-1"
        os.environ[KEY] = "sk-2"
        assert os.environ[KEY] == "sk-2"
        os.environ[REAL] = ""
        assert os.environ[REAL] == ""


def test_the_hook_stands_before_the_setup_files_of_the_user(monkeypatch: pytest.MonkeyPatch):
    with overlaid(Overlay({}, HOOK)):
        assert os.environ[SETUP_FILES] == HOOK
        assert SETUP_FILES in {*os.environ}
        os.environ[SETUP_FILES] = "mine.py"
        assert os.environ[SETUP_FILES] == os.pathsep.join((HOOK, "mine.py"))
        os.environ[SETUP_FILES] = ""
        assert os.environ[SETUP_FILES] == HOOK
    monkeypatch.setenv(SETUP_FILES, "global.py")
    with overlaid(Overlay({}, HOOK)):
        assert os.environ[SETUP_FILES] == os.pathsep.join((HOOK, "global.py"))
    monkeypatch.delenv(SETUP_FILES)


def test_another_instance_of_the_same_class_is_left_alone():
    kind: Any = type(os.environ)
    other = kind({}, str.encode, bytes.decode, str.encode, bytes.decode)
    with overlaid(Overlay({KEY: "sk-1"}, HOOK)):
        assert KEY not in other
        assert len(other) == 0


async def test_two_bots_at_once_have_their_own():
    async def bot(name: str) -> list[str | None]:
        with overlaid(Overlay({KEY: name}, HOOK)):
            await asyncio.sleep(0)
            seen = [os.getenv(KEY), await asyncio.to_thread(os.getenv, KEY)]
            inner = asyncio.get_running_loop().create_task(_read())
            return [*seen, await inner]

    assert await asyncio.gather(bot("a"), bot("b")) == [["a"] * 3, ["b"] * 3]


async def _read() -> str | None:
    await asyncio.sleep(0)
    return os.getenv(KEY)


def test_a_thread_of_somebody_else_does_not_see_it():
    seen: list[str | None] = []
    with overlaid(Overlay({KEY: "sk-1"}, HOOK)):
        thread = threading.Thread(target=lambda: seen.append(os.getenv(KEY)))
        thread.start()
        thread.join()

    assert seen == [None]


def test_what_an_agents_loop_runs_in_threads_belongs_to_the_bot():
    async def read() -> str | None:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, os.getenv, KEY)

    loop = AgentLoop()
    try:
        with overlaid(Overlay({KEY: "sk-1"}, HOOK)):
            assert loop.run_until_complete(read()) == "sk-1"
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
