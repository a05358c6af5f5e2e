"""How even the panel's frames are while the Rooms page shows 200 rooms and 300 people, refreshed twice a second.

    python -m tests.bench.rooms_frames

Prints a JSON object: the gaps' median, 99th percentile and longest in milliseconds, how many frames, and how long the
longest refresh took on the UI's thread.
"""

import asyncio
import gc
import json
import os
import random
import statistics
import sys
import time
from dataclasses import replace
from typing import cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from app.domain.rooms import RoomView, Trouble
from app.ui.frame_pump import FRAME_MS
from app.ui.theme import ThemeChoice, theme
from tests.support.desks_rooms import crowd, many_rooms, room
from tests.support.rooms_rig import RoomsRig

SECONDS = 12.0
REFRESH_S = 0.5
ROOMS = 200
PEOPLE = 300
CHOSEN = "front-desk-003"


def changed(rooms: list[RoomView], chance: random.Random, number: int) -> list[RoomView]:
    """What a busy server tells half a second later: some rooms changed, one closed, one opened."""
    out = [
        replace(r, people=chance.randint(0, 5), trouble=chance.choice(list(Trouble)))
        if chance.random() < 0.2
        else r
        for r in rooms
    ]
    gone = chance.choice([r for r in out if r.name != CHOSEN])
    out.remove(gone)
    out.append(room(f"opened-{number}"))
    return out


async def measure() -> dict[str, float | int]:
    rig = RoomsRig((1440, 900))
    rig.desk.rooms = list(many_rooms(ROOMS))
    rig.desk.in_rooms[CHOSEN] = crowd(PEOPLE)
    await rig.open()
    await rig.choose(CHOSEN)
    await rig.open_person("guest-004")
    gc.collect()
    gc.freeze()
    gaps_ms: list[float] = []
    last = time.perf_counter()

    def frame() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps_ms.append((now - last) * 1000)
        last = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(frame)
    timer.start(FRAME_MS)
    refresh_ms = await _refresh(rig)
    timer.stop()
    await rig.close()
    ordered = sorted(gaps_ms[1:])
    return {
        "p50_ms": statistics.median(ordered),
        "p99_ms": ordered[int(len(ordered) * 0.99) - 1],
        "longest_ms": ordered[-1],
        "frames": len(ordered),
        "refresh_ms": max(refresh_ms),
    }


async def _refresh(rig: RoomsRig) -> list[float]:
    """Refresh until the time is up; how long each took before the next frame could come."""
    chance = random.Random(1)
    took_ms: list[float] = []
    for number in range(round(SECONDS / REFRESH_S)):
        rig.clock.at += REFRESH_S
        rig.desk.rooms = changed(rig.desk.rooms, chance, number)
        people = list(crowd(PEOPLE))
        people.pop(chance.randrange(10, PEOPLE))
        rig.desk.in_rooms[CHOSEN] = tuple(people)
        begun = time.perf_counter()
        rig.desk.tell()
        took_ms.append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(REFRESH_S)
    assert rig.page.table.current_room == CHOSEN
    return took_ms


def main() -> None:
    application = QApplication([])
    theme.start(application, ThemeChoice.DARK)
    loop = cast("asyncio.AbstractEventLoop", QEventLoop(application))
    asyncio.set_event_loop(loop)
    figures = loop.run_until_complete(measure())
    loop.close()
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
