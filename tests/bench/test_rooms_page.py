"""How even the panel's frames are while 200 rooms are refreshed under the eyes of who looks at them."""

import json
import subprocess
import sys
from collections.abc import Callable

from tests.support.demo_process import ROOT

Report = Callable[[str, str, str], None]


def test_frames_while_200_rooms_are_refreshed(figure: Report) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.bench.rooms_frames"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    gaps: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])

    value = (
        f"p50 {gaps['p50_ms']:.1f}, p99 {gaps['p99_ms']:.1f}, longest {gaps['longest_ms']:.1f} ms"
    )
    what = "frame gap, 200 rooms and 300 people at 2 Hz"
    figure(what, f"{value}, n={gaps['frames']:.0f}", "33 + 50 ms p99")
    figure("one refresh of 200 rooms, longest", f"{gaps['refresh_ms']:.1f} ms", "50 ms")
