"""Where a process stands, from what faulthandler writes."""

import faulthandler
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.agent.isolated.stacks import StackDump

DUMP = """\
Thread 0x00007f20702816c0 (most recent call first):
  File "/home/me/bot.py", line 3 in hears
  File "/home/me/bot.py", line 9 in process_frame
  ...
  File "/usr/lib/python3.11/threading.py", line 982 in run

Thread 0x00007f20702816c1 [beat] (most recent call first):
  File "/app/agent/isolated/inside.py", line 200 in _beat

Thread 0x00007f20702816c2 (most recent call first):
  <no Python frame>

Current thread 0x00007f2070e03b80 (most recent call first):
  File "/usr/lib/python3.11/threading.py", line 327 in wait
  File "/usr/lib/python3.11/threading.py", line ??? in wait
"""
HOLDS = """\
import faulthandler, os, signal, threading
faulthandler.register(signal.SIGWINCH, file=2, all_threads=True)
def hears():
    3 ** (3 * 10**9)
os.write(2, b"ready\\n")
threading.Thread(target=hears, daemon=True).start()
threading.Event().wait()
"""
"""An integer so large holds the interpreter until it is killed."""


def test_the_threads_that_do_not_wait_are_told_innermost_last() -> None:
    dump = StackDump()
    assert not dump.take(DUMP.splitlines()[0])
    dump.begin()
    for line in filter(None, DUMP.splitlines()):
        assert dump.take(line), line
    assert not dump.take("INFO bot: hello")

    assert dump.end().splitlines() == [
        "threading.py:982 in run",
        "bot.py:9 in process_frame",
        "bot.py:3 in hears",
    ]
    assert not dump.take(DUMP.splitlines()[0])


def test_nothing_is_told_where_nothing_came_or_its_beginning_was_lost() -> None:
    dump = StackDump()
    dump.begin()
    assert dump.end() == ""
    dump.begin()
    assert dump.take(DUMP.splitlines()[1])
    assert dump.end() == ""


@pytest.mark.skipif(not hasattr(faulthandler, "register"), reason="there are no signals")
def test_a_process_whose_interpreter_is_held_says_where(tmp_path: Path) -> None:
    program = tmp_path / "bot.py"
    program.write_text(HOLDS)
    child = subprocess.Popen([sys.executable, str(program)], stderr=subprocess.PIPE, text=True)
    try:
        assert child.stderr is not None
        assert child.stderr.readline() == "ready\n"
        dump, said = StackDump(), ""
        # Asked early, it has not begun yet.
        while "bot.py:4 in hears" not in said:
            dump.begin()
            child.send_signal(signal.SIGWINCH)
            for line in child.stderr:
                assert dump.take(line.rstrip("\n")) or not line.strip()
                if "in <module>" in line:
                    break
            said = dump.end()
    finally:
        child.kill()
        child.communicate()
