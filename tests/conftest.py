"""What holds for every test of the run."""

import threading

import pytest

LEFT_RUNNING = 70
"""Exit code of a run whose tests passed and left a thread that keeps the process alive."""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A thread that a test forgot would keep the run from ending, with nothing to say why."""
    left = [
        thread.name
        for thread in threading.enumerate()
        if not thread.daemon and thread is not threading.main_thread()
    ]
    if left and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = LEFT_RUNNING
        pytest.exit(f"threads left running: {', '.join(left)}", LEFT_RUNNING)
