"""The application as a process: its end, its signals, its nets, its threads."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRELUDE = """
import asyncio, logging, sys, threading
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel
from app.ui.application import Application
application = Application(["greenroom"])
"""


def start(body: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_gives_back_the_exit_code_of_its_main_and_leaves_no_thread() -> None:
    code, out, err = finish(
        start("""
        async def main():
            await asyncio.to_thread(print, "worked", flush=True)
            return 7
        code = application.run(main)
        print([thread.name for thread in threading.enumerate()])
        sys.exit(code)
        """)
    )
    assert (code, out.splitlines()) == (7, ["worked", "['MainThread']"]), err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_for_an_orderly_end(number: signal.Signals) -> None:
    process = start("""
        async def main():
            asked = asyncio.Event()
            application.stop_requested.connect(lambda number: (print(number), asked.set()))
            print("ready", flush=True)
            await asked.wait()
            return 3
        sys.exit(application.run(main))
        """)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    process.send_signal(number)

    code, out, err = finish(process)
    assert (code, out.strip()) == (3, str(int(number))), err


def test_a_display_that_goes_away_is_an_orderly_end() -> None:
    code, out, err = finish(
        start("""
        async def main():
            asked = asyncio.Event()
            application.stop_requested.connect(lambda number: (print(number), asked.set()))
            QTimer.singleShot(0, lambda: application.qt.exit(1))
            await asked.wait()
            for _ in range(3):
                application.qt.exit(1)
                await asyncio.sleep(0.02)
            print(await asyncio.to_thread(lambda: "hung up"))
            return 4
        sys.exit(application.run(main))
        """)
    )
    assert (code, out.split()) == (4, [str(int(signal.SIGTERM)), "hung", "up"]), err
    assert "the display went away" in err


def test_what_nobody_catches_is_logged_and_told() -> None:
    code, out, err = finish(
        start("""
        class Boom(Exception): pass
        def fail(): raise Boom("in a slot")
        def fail_in_thread(): raise Boom("in a thread")
        async def fail_in_task(): raise Boom("in a task")
        async def main():
            application.faulted.connect(lambda line: print(line))
            QTimer.singleShot(0, fail)
            thread = threading.Thread(target=fail_in_thread); thread.start(); thread.join()
            task = asyncio.get_running_loop().create_task(fail_in_task())
            await asyncio.sleep(0.05)
            del task
            import gc; gc.collect()
            await asyncio.sleep(0.05)
            return 0
        sys.exit(application.run(main))
        """)
    )
    assert code == 0, err
    for where in ("slot", "thread", "task"):
        assert f"Boom: in a {where}" in out
        assert f"Boom: in a {where}" in err


def test_what_qt_says_goes_to_the_log() -> None:
    code, _, err = finish(
        start("""
        from PySide6.QtCore import QObject, qWarning
        async def main():
            qWarning("of a kind")
            return 0
        sys.exit(application.run(main))
        """)
    )
    assert code == 0
    assert "WARNING qt.default of a kind" in err


def test_the_window_is_painted_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    code, out, err = finish(
        start(f"""
        from pathlib import Path
        from app.runtime.clock import AnchoredClock
        from app.runtime.mailbox import Mailbox
        from app.ui import access
        from app.ui.audio.devices import AudioDevices
        from app.ui.call_feed import CallFeed
        from app.ui.frame_pump import FramePump
        from app.ui.main_window import MainWindow
        from app.ui.theme import theme
        from app.ui.window_memory import WindowMemory
        HEAVY = ("numpy", "livekit", "pipecat", "pydantic", "yaml", "PySide6.QtMultimedia")
        async def main():
            memory, clock = WindowMemory(Path({str(tmp_path / "window.ini")!r})), AnchoredClock()
            theme.start(application.qt)
            access.install()
            pump, feed = FramePump(Mailbox()), CallFeed()
            audio = AudioDevices(memory, clock)
            window = MainWindow(feed=feed, pump=pump, audio=audio, memory=memory, clock=clock)
            painted = asyncio.get_running_loop().create_future()
            def look(age_ms):
                painted.set_result((0 < age_ms < 60_000, [m for m in HEAVY if m in sys.modules]))
            window.first_painted.connect(look)
            window.show()
            print(*await painted)
            print(window.stage is not None)
            await window.hang_up()
            window.release()
            return 0
        sys.exit(application.run(main))
        """)
    )
    assert (code, out.splitlines()) == (0, ["True []", "True"]), err
