"""Small real processes in every way of ending, and of speaking."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.agent.isolated.link import ChildLink, End
from app.agent.isolated.output import BotOutput
from app.agent.isolated.posix import Launch
from app.agent.isolated.wire import Message
from app.runtime.redaction import Redactor

TELL = "import os, sys, time\nfacts = int(sys.argv[1])\ntell = lambda text: os.write(facts, text)\n"


class Heard:
    """Keeps what a child says; only lists that begin with "said" are messages."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.losses = 0
        self.ends: list[End] = []

    def hear(self, message: Message) -> None:
        if message[0] != "said":
            raise ValueError("no message")
        self.messages.append(message)

    def tick(self) -> None:
        pass

    def lost(self) -> None:
        self.losses += 1

    def ended(self, how: End) -> None:
        self.ends.append(how)


def begun(program: str, folder: Path) -> tuple[ChildLink, Heard]:
    heard = Heard()
    launch = Launch((sys.executable, "-u", "-c", TELL + program), folder, {"PATH": os.defpath})
    link = ChildLink("agent", launch, heard, lambda: BotOutput("agent", Redactor()))
    link.begin()
    return link, heard


def eventually(condition: Callable[[], object], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ended(program: str, folder: Path, within_s: float = 10.0) -> tuple[ChildLink, Heard, End]:
    link, heard = begun(program, folder)
    assert link.gone.wait(within_s)
    assert link.join(1)
    (end,) = heard.ends
    return link, heard, end


def test_what_a_child_says_is_heard_to_the_last_line(tmp_path: Path):
    _, heard, end = ended("[tell(b'[\"said\", %d]\\n' % n) for n in range(5000)]", tmp_path)

    assert heard.messages == [["said", number] for number in range(5000)]
    assert heard.losses == 1
    assert end == End(0, "Its process ended with code 0.")


@pytest.mark.parametrize(
    ("program", "code", "why"),
    [
        ("os._exit(3)", 3, "ended with code 3"),
        ("raise RuntimeError('no')", 1, "ended with code 1"),
        (f"os.kill(os.getpid(), {signal.SIGKILL:d})", -9, "killed (SIGKILL)"),
        (f"os.kill(os.getpid(), {signal.SIGTERM:d})", -15, "ended by SIGTERM"),
        ("os.abort()", -6, "crashed (SIGABRT)"),
    ],
)
def test_how_a_child_ended_is_said_in_words(tmp_path: Path, program: str, code: int, why: str):
    _, _, end = ended(program, tmp_path)

    assert end.code == code
    assert why in end.why


def test_what_it_wrote_last_is_kept(tmp_path: Path):
    link, _, _ = ended("raise RuntimeError('no luck today')", tmp_path)

    assert link.last_words.startswith("It wrote last: ")
    assert link.last_words.endswith("RuntimeError: no luck today")


def test_a_child_that_nothing_moves_on_in_says_so(tmp_path: Path):
    program = (
        "import ctypes, faulthandler\n"
        "faulthandler.dump_traceback_later(0.2, exit=True, file=2)\n"
        "ctypes.PyDLL(None).sleep(600)"
    )
    link, _, end = ended(program, tmp_path)

    assert end.code == 1
    assert "let nothing else run" in link.last_words


def test_a_folder_that_is_gone_is_said(tmp_path: Path):
    _, _, end = ended("pass", tmp_path / "gone")

    assert end.code is None
    assert str(tmp_path / "gone") in end.why


def test_an_interpreter_that_is_not_there_is_said(tmp_path: Path):
    heard = Heard()
    launch = Launch(("/nowhere/python",), tmp_path, {})
    link = ChildLink("agent", launch, heard, lambda: BotOutput("agent", Redactor()))
    link.begin()

    assert link.gone.wait(5)
    assert link.join(1)
    assert "/nowhere/python" in heard.ends[0].why


@pytest.mark.parametrize(
    "garbage",
    [
        "tell(os.urandom(100_000))",
        "tell(b'\\n' * 100_000)",
        "[tell(b'x' * 65536) for _ in range(200)]",
        "tell(b'[' * 60_000)",
        'tell(b\'["fact", "Nonsense", 3]\\n\' * 1000)',
    ],
)
def test_garbage_in_the_pipe_is_told_once_and_harms_nothing(
    tmp_path: Path, garbage: str, caplog: pytest.LogCaptureFixture
):
    program = f"tell(b'[\"said\", 1]\\n')\n{garbage}\ntell(b'\\n[\"said\", 2]\\n')"
    _, heard, _ = ended(program, tmp_path)

    assert heard.messages[0] == ["said", 1]
    assert len([r for r in caplog.records if "something else" in r.getMessage()]) == 1


def test_a_flood_of_everything_is_taken_without_blocking_the_child(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    program = (
        "for _ in range(1500):\n"
        "    tell(b'[\"said\", 1]\\n' * 4000)\n"
        "    os.write(1, b'chatter\\n' * 8000)\n"
        "    os.write(2, b'x' * 65536)\n"
    )
    _, heard, end = ended(program, tmp_path, 60)

    assert end.code == 0
    assert 20_000 <= len(heard.messages) < 1_000_000
    assert len(caplog.records) < 20_000


def test_a_child_that_closes_its_pipe_is_ended(tmp_path: Path):
    _, heard, end = ended("os.close(facts)\ntime.sleep(600)", tmp_path)

    assert heard.losses == 1
    assert end.code == -9


def test_a_child_of_a_child_that_holds_the_pipes_holds_up_nothing(tmp_path: Path):
    program = (
        "import subprocess\n"
        "held = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], pass_fds=(facts,))\n"
        "tell(b'[\"said\", %d]\\n' % held.pid)\n"
        "os._exit(0)"
    )
    _, heard, end = ended(program, tmp_path, 3)

    assert end.code == 0
    pid = heard.messages[0][1]
    assert isinstance(pid, int)
    eventually(lambda: not _runs(pid))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_orders_reach_a_child_and_do_not_block_on_one_that_does_not_read(tmp_path: Path):
    link, heard = begun(
        'tell(b\'["said", "%s"]\\n\' % input().encode())\ntime.sleep(600)', tmp_path
    )
    eventually(lambda: link.send(b"hello\n"))
    eventually(lambda: heard.messages)
    # The line before each order, so that half of one does no harm.
    assert heard.messages == [["said", ""]]
    for _ in range(100):
        link.send(b"x" * 10_000)
    assert not link.send(b"x" * 100_000)
    link.kill()

    assert link.gone.wait(5)
    assert not link.send(b"hello\n")
    assert link.join(1)


def test_a_child_that_is_not_wanted_any_more_is_not_started(tmp_path: Path):
    heard = Heard()
    launch = Launch((sys.executable, "-c", "pass"), tmp_path, {})
    link = ChildLink("agent", launch, heard, lambda: BotOutput("agent", Redactor()))
    link.kill()
    link.begin()

    assert link.gone.wait(5)
    assert link.join(1)
    assert heard.ends[0].code is None
    assert link.pid is None


def test_nothing_is_left_of_many_children(tmp_path: Path):
    def descriptors() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    ended("pass", tmp_path)
    before = descriptors(), threading.active_count()
    for _ in range(10):
        ended("pass", tmp_path)

    assert (descriptors(), threading.active_count()) == before
