"""What the panel costs the agent that runs beside it, and how even its own frames are."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.support.demo_process import ROOT

Report = Callable[[str, str, str], None]


def test_agent_tick_beside_a_painting_panel(figure: Report) -> None:
    pairs: list[list[float]] = _printed_by("tests.bench.agent_tick")
    ratio = statistics.median(painting / alone for alone, painting in pairs)

    readings = ", ".join(f"{alone:.1f}/{painting:.1f}" for alone, painting in pairs)
    value = f"{ratio:.2f} x (ms {readings})"
    figure("20 ms agent tick p99, 12 plots + 24 meters at 30 fps", value, "2 x, median of 4 pairs")


def test_fact_to_pixel(figure: Report) -> None:
    took_ms: list[float] = sorted(_printed_by("tests.bench.fact_to_pixel"))

    p99 = took_ms[int(len(took_ms) * 0.99) - 1]
    value = f"p50 {statistics.median(took_ms):.0f} ms, p99 {p99:.0f} ms, n={len(took_ms)}"
    figure("fact to pixel", value, "50 ms p99")


def _printed_by(module: str) -> Any:
    """The JSON of the last line that a module prints."""
    finished = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(finished.stdout.splitlines()[-1])
