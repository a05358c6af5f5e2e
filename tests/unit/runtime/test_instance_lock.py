import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.runtime.instance_lock import InstanceLock

HOLD = """
import sys, time
from pathlib import Path
from app.runtime.instance_lock import InstanceLock
InstanceLock(Path(sys.argv[1])).acquire()
lock = InstanceLock(Path(sys.argv[1] + "2")); lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_only_one_can_hold_it(tmp_path: Path):
    first, second = (InstanceLock(tmp_path / "state" / "lock") for _ in range(2))
    first.acquire()

    with pytest.raises(UserError) as refused:
        second.acquire()
    assert "already open" in refused.value.title

    first.release()
    second.acquire()
    second.release()
    second.release()


def test_the_file_names_the_process_and_is_private(tmp_path: Path):
    lock = InstanceLock(tmp_path / "lock")
    lock.acquire()

    assert (tmp_path / "lock").read_text() == str(os.getpid())
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    lock.release()


def test_a_process_that_was_killed_leaves_no_obstacle(tmp_path: Path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UserError):
            InstanceLock(tmp_path / "lock2").acquire()
        holder.send_signal(signal.SIGKILL)

    lock = InstanceLock(tmp_path / "lock2")
    lock.acquire()
    lock.release()


def test_a_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path):
    (tmp_path / "state").write_text("a file where the folder should be")

    with pytest.raises(UserError) as refused:
        InstanceLock(tmp_path / "state" / "lock").acquire()
    assert str(tmp_path / "state" / "lock") in refused.value.title
