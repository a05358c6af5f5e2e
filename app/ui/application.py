# pyright: reportUnknownMemberType=false
# qasync ships no types; what it gives is cast once, here.
"""The Qt application and its asyncio loop. No other module imports qasync."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, cast

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSocketNotifier, Signal, Slot
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from app.domain.errors import UserError
from app.ui.nets import Nets

log = logging.getLogger(__name__)

WORKERS = 4
END_WITHIN_S = 60.0
"""For an orderly end without a display: the sum of what its steps may take."""
PAUSE_S = 0.01
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Application(QObject):
    """Owns the QApplication, the loop of the UI thread, and what the operating system asks of the process.

    UI thread only. Build windows inside the coroutine given to `run`, where a loop is running.
    """

    stop_requested = Signal(int)
    """The operating system asks for an orderly end; carries the number of its signal.

    SIGTERM too when the display has gone away."""
    faulted = Signal(str)
    """Something failed that nobody caught; carries its one line. It is in the log already."""

    def __init__(self, argv: list[str] | None = None) -> None:
        super().__init__()
        existing = QApplication.instance()
        self.qt = (
            existing
            if isinstance(existing, QApplication)
            else QApplication(argv if argv is not None else sys.argv[:1])
        )
        self.qt.setApplicationName("Greenroom")
        self.qt.setApplicationDisplayName("Greenroom")
        self.qt.setDesktopFileName("greenroom")
        # The loop would end under a coroutine that still hangs up.
        self.qt.setQuitOnLastWindowClosed(False)

    def run(self, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
        """Run `main` on the loop until it returns, and give its exit code back. No thread of the loop is left."""
        nets = Nets(self._fault)
        try:
            with self._loop() as loop, self._signals():
                nets.watch(loop)
                return self._run_to_the_end(loop, loop.create_task(main(), name="main"))
        finally:
            nets.close()

    def _run_to_the_end(self, loop: asyncio.AbstractEventLoop, main: asyncio.Task[int]) -> int:
        """Run `main` even when Qt leaves its loop early, as it does when the display server goes away.

        Without this nobody would hang up, and threads of the tiers would keep the process for ever.
        """
        main.add_done_callback(lambda _: loop.stop())
        loop.run_forever()
        if not main.done():
            log.error("the display went away: ending in order")
            self._end_without_loop(loop, main)
        return main.result()

    def _end_without_loop(self, loop: asyncio.AbstractEventLoop, main: asyncio.Task[int]) -> None:
        """Ask `main` to end and process events by hand until it has; Qt would leave its loop at once again."""
        asyncio._set_running_loop(loop)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        try:
            self.stop_requested.emit(signal.SIGTERM)
            deadline = time.monotonic() + END_WITHIN_S
            while not main.done():
                if time.monotonic() > deadline:
                    raise UserError("The display went away, and the panel could not end in order.")
                self.qt.processEvents()
                time.sleep(PAUSE_S)
        finally:
            asyncio._set_running_loop(None)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    @contextlib.contextmanager
    def _loop(self) -> Generator[asyncio.AbstractEventLoop]:
        """A loop with threads of Python's own for blocking work: those of qasync are ten QThreads."""
        loop = cast("asyncio.AbstractEventLoop", QEventLoop(self.qt))
        loop.set_default_executor(ThreadPoolExecutor(WORKERS, "ui-worker"))
        asyncio.set_event_loop(loop)
        try:
            yield loop
        finally:
            # Windows that were released go while Python still knows them.
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            # Waits for the workers.
            loop.close()
            asyncio.set_event_loop(None)

    @contextlib.contextmanager
    def _signals(self) -> Generator[None]:
        """Wake the loop, which waits in C++, when a signal comes, and say so by `stop_requested`."""
        receiving, sending = socket.socketpair()
        with receiving, sending:
            receiving.setblocking(False)
            sending.setblocking(False)
            notifier = QSocketNotifier(receiving.fileno(), QSocketNotifier.Type.Read, self)
            self._signal_numbers = receiving
            notifier.activated.connect(self._read_signals)
            before = {number: signal.signal(number, _ignore) for number in STOP_SIGNALS}
            fd_before = signal.set_wakeup_fd(sending.fileno(), warn_on_full_buffer=False)
            try:
                yield
            finally:
                signal.set_wakeup_fd(fd_before)
                for number, handler in before.items():
                    signal.signal(number, handler)
                notifier.setEnabled(False)
                notifier.deleteLater()

    @Slot()
    def _read_signals(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for number in self._signal_numbers.recv(64):
                if number in STOP_SIGNALS:
                    log.info("asked to stop by %s", signal.Signals(number).name)
                    self.stop_requested.emit(number)

    def _fault(self, line: str) -> None:
        self.faulted.emit(line)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Python writes the number to the wakeup descriptor; this only keeps the default action away."""
