"""Collects garbage on the UI thread, and nowhere else."""

import gc
import time

from PySide6.QtCore import QObject, QTimer, Slot

LOOK_EVERY_MS = 50
FULL_EVERY_S = 60.0


class GarbageCollector(QObject):
    """Takes the place of Python's automatic collection for the life of the panel. UI thread only.

    Python collects on whichever thread happens to allocate. A Qt object that is part of a cycle would die there, with
    its timers and its event filters, and take the process down; so every thread's garbage is left to this one.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._full_at = time.monotonic() + FULL_EVERY_S
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Collect from now on. Until then, while modules and models load, nothing is collected."""
        self.freeze()
        self._timer.start()

    def freeze(self) -> None:
        """Collect all, and spare what is left from every later pass.

        A full pass over all that is imported holds every thread up for 100 ms; call this after each load.
        """
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Collect a last time; automatic collection stays off, since Qt's objects outlive this one."""
        self._timer.stop()
        gc.collect()

    @Slot()
    def _look(self) -> None:
        young, middle, _ = gc.get_count()
        most_young, most_middle, _ = gc.get_threshold()
        if time.monotonic() >= self._full_at:
            self._full_at = time.monotonic() + FULL_EVERY_S
            gc.collect()
        elif middle > most_middle:
            gc.collect(1)
        elif young > most_young:
            gc.collect(0)
