"""Packages that are hidden from the import system are not installed, as far as anybody can tell."""

import importlib
import subprocess
import sys
from textwrap import dedent
from typing import Any

import pytest

from app.agent.bot import stand_ins
from app.agent.bot.stand_ins import StandIn, standing_in

HIDE = """
import sys
from importlib.machinery import PathFinder
HIDDEN = {"daily", "aiortc", "av", "cv2", "fastapi", "starlette", "uvicorn", "pyaudio"}

class Hiding(PathFinder):
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [Hiding if finder is PathFinder else finder for finder in sys.meta_path]
from app.agent.bot import stand_ins
stand_ins.install()
"""


def run(script: str) -> str:
    """Run a script where those packages are hidden, in a process of its own; what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", HIDE + dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_the_transports_of_stock_bots_are_there_where_their_packages_are_not():
    printed = run("""
        with stand_ins.standing_in():
            from pipecat.transports.daily.transport import DailyParams
            import pipecat.transports.smallwebrtc.transport
            import pipecat.transports.websocket.fastapi
            import pipecat.runner.run
        stand_ins.withdraw()
        print(sorted(DailyParams(audio_in_enabled=True).model_fields_set), "daily" in sys.modules)
    """)

    assert printed == "['audio_in_enabled'] False"


def test_a_bot_that_needs_such_a_package_itself_is_told():
    printed = run("""
        try:
            with stand_ins.standing_in():
                import daily
        except ModuleNotFoundError as error:
            print(error.name)
    """)

    assert printed == "daily"


def test_nothing_stands_in_outside_of_bots():
    printed = run("""
        try:
            import pipecat.transports.daily.transport
        except ImportError as error:
            print(error)
    """)

    assert printed == "Missing module: No module named 'daily'"


def test_what_is_installed_or_needed_by_others_is_never_stood_in_for():
    assert {"daily", "aiortc", "fastapi"} <= stand_ins.names()
    assert not {"pipecat", "livekit", "bot", "os", "deepgram", "openai"} & stand_ins.names()
    stand_ins.install()
    stand_ins.install()
    assert len([f for f in sys.meta_path if type(f).__module__ == stand_ins.__name__]) == 1
    with standing_in(), pytest.raises(ModuleNotFoundError):
        importlib.import_module("numpy.nowhere")


def test_whatever_is_asked_of_a_stand_in_is_there():
    module = StandIn("daily")
    client: Any = module.CallClient
    assert client is module.CallClient
    assert isinstance(module.CallClient, type)
    assert client.SomeConstant is client

    class Handler(client):  # pyright: ignore[reportUntypedBaseClass]
        pass

    def view() -> int:
        return 3

    instance: Any = Handler()
    assert instance.get("/path", name="view")(view) is view
    with pytest.raises(AttributeError):
        _ = module.__wrapped__
