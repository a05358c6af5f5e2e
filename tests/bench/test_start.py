"""How soon the panel shows, and how soon the agent speaks."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.demo_process import ROOT, Greenroom, document, environment

Report = Callable[[str, str, str], None]
RUNS = 9
FIRST_PAINT = """
from app.bootstrap import Panel, Plan, run_panel

async def close_at_once(panel: Panel) -> int:
    await panel.desk()
    print("first_paint_ms", panel.pump.first_paint_ms)
    return 0

run_panel(Plan(offscreen=True, script=close_at_once))
"""


def test_process_start_to_first_painted_frame(figure: Report, tmp_path: Path) -> None:
    readings = [_first_paint_ms(tmp_path) for _ in range(RUNS)]

    middle = statistics.median(readings)
    value = f"median {middle:.0f} ms ({min(readings):.0f}-{max(readings):.0f}), n={RUNS}"
    figure("process start to first painted frame", value, "400 ms median")


def test_demo_start_to_first_word(figure: Report, tmp_path: Path) -> None:
    _first_word_s(tmp_path)

    readings = [_first_word_s(tmp_path) for _ in range(3)]

    value = f"median {statistics.median(readings):.1f} s ({max(readings):.1f} worst), n=3"
    figure("demo --headless, second run: start to the agent's first word", value, "8 s")


def _first_paint_ms(home: Path) -> float:
    finished = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    [line] = [line for line in finished.stdout.splitlines() if line.startswith("first_paint_ms")]
    return float(line.split()[1])


def _first_word_s(home: Path) -> float:
    started = time.time()
    demo = Greenroom(home, "demo", "--headless", "--turns", "1", "--report", str(home / "out"))
    assert demo.wait() == 0, demo.said
    return document(home / "out" / "call.json")["greeting"]["started_at"] - started
