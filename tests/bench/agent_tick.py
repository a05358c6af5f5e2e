"""How late a 20 ms tick of an agent's loop comes, with the panel painting beside it and without.

    python -m tests.bench.agent_tick

Alternates both arms in one process and prints a JSON list of [without_p99_ms, with_p99_ms] for each pair.
"""

import asyncio
import gc
import json
import os
import sys
import time
from concurrent.futures import Future

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from app.domain.facts import Lane, LevelMeasured
from app.runtime.loop_thread import LoopThread
from app.runtime.pcm import level
from app.ui.frame_pump import FRAME_MS
from app.ui.theme import ThemeChoice, theme
from app.ui.views.meter_bank import MeterBank
from app.ui.views.waterfall import Waterfall
from tests.support.sample_call import sample_call

PAIRS = 4
TICK_S = 0.02
SECONDS = 4.0
PLOTS = 12
BANKS = 6
"""Of four meters each."""


async def ticks() -> list[float]:
    """How late each tick was, in milliseconds, while it did an agent's small change."""
    pcm = (np.random.default_rng(0).standard_normal(960) * 3000).astype(np.int16)
    late_ms: list[float] = []
    begun = time.perf_counter()
    for number in range(1, round(SECONDS / TICK_S) + 1):
        due = begun + number * TICK_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        late_ms.append((time.perf_counter() - due) * 1000)
        json.dumps({"tick": number, "rms": level(pcm).rms_dbfs, "levels": [0.1] * 20})
        for _ in range(6):
            await asyncio.sleep(0)
    return late_ms


class Stage(QWidget):
    """Twelve waterfalls with a turn in progress and twenty-four meters, each moving as it does in a call."""

    def __init__(self) -> None:
        super().__init__()
        self.resize(1600, 900)
        self._random = np.random.default_rng(1)
        self.call = sample_call()
        self.plots = [Waterfall() for _ in range(PLOTS)]
        self.banks = [MeterBank() for _ in range(BANKS)]
        grid = QGridLayout(self)
        for number, view in enumerate([*self.plots, *self.banks]):
            grid.addWidget(view, number // 4, number % 4)
            view.set_call(self.call)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._frame)

    def paint_on(self, *, moving: bool) -> None:
        self._timer.start(FRAME_MS) if moving else self._timer.stop()

    def _frame(self) -> None:
        now = time.time()
        peaks_dbfs = self._random.uniform(-50, -5, len(Lane)).tolist()
        changes = self.call.apply(
            LevelMeasured(at=now, lane=lane, peak_dbfs=peak_dbfs, rms_dbfs=peak_dbfs - 8)
            for lane, peak_dbfs in zip(Lane, peaks_dbfs, strict=True)
        )
        for bank in self.banks:
            bank.apply(changes)
            bank.tick(now)
        for plot in self.plots:
            plot.tick(now)


def measured(thread: LoopThread, stage: Stage, *, painting: bool) -> float:
    """The 99th percentile of the ticks' lateness in one arm, in milliseconds."""
    stage.paint_on(moving=painting)
    done: Future[list[float]] = thread.submit(ticks())
    loop = QEventLoop()
    poll = QTimer()
    poll.timeout.connect(lambda: loop.quit() if done.done() else None)
    poll.start(200)
    loop.exec()
    return float(np.percentile(done.result(), 99))


def main() -> None:
    application = QApplication([])
    theme.start(application, ThemeChoice.DARK)
    stage = Stage()
    stage.show()
    thread = LoopThread("agent")
    thread.start()
    gc.collect()
    gc.freeze()
    pairs = [
        [measured(thread, stage, painting=False), measured(thread, stage, painting=True)]
        for _ in range(PAIRS)
    ]
    thread.stop()
    sys.stdout.write(json.dumps(pairs) + "\n")


if __name__ == "__main__":
    main()
