"""What a long call does to the process: ten minutes of questions and answers."""

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.demo_process import Greenroom, document

Report = Callable[[str, str, str], None]
TURNS = 75
"""About ten minutes."""
SAMPLE_S = 15.0
MB = 1_000_000


@pytest.mark.timeout(1200)
def test_memory_over_a_ten_minute_call(figure: Report, tmp_path: Path) -> None:
    out = tmp_path / "out"
    demo = Greenroom(
        tmp_path / "home", "demo", "--headless", "--turns", str(TURNS), "--report", str(out)
    )
    process = psutil.Process(demo.process.pid)
    rss_mb: list[float] = []
    while demo.process.poll() is None:
        rss_mb.append(process.memory_info().rss / MB)
        try:
            process.wait(SAMPLE_S)
        except psutil.TimeoutExpired:
            continue

    ui = document(out / "call.json")["ui"]
    minutes = len(rss_mb) * SAMPLE_S / 60
    half = len(rss_mb) // 2
    growth = (rss_mb[-2] - rss_mb[half]) / (minutes / 2) * 60
    value = f"{rss_mb[4]:.0f} MB after 1 min, {rss_mb[-2]:.0f} MB after {minutes:.0f}"
    figure("memory of a call", value, "5 MB an hour after 10 min")
    figure("    growth over its second half", f"{growth:.0f} MB an hour", "for judging a leak only")
    value = f"p99 {ui['frame_gap_p99_ms']:.0f} ms, longest stall {ui['stall_max_ms']:.0f} ms"
    figure("frames of a call", f"{value}, n={ui['frames']}", "stall 50 ms p99")
