"""From the mailbox to the views, once per frame."""

import time
from threading import Thread

import pytest
from pytestqt.qtbot import QtBot

from app.domain.facts import Fact, Flagged
from app.runtime.mailbox import Mailbox
from app.ui.frame_pump import FRAME_MS, FrameGaps, FramePump


def flag(at: float) -> Flagged:
    return Flagged(at=at, note="")


def test_facts_of_other_threads_arrive_in_order_on_the_frame(qtbot: QtBot) -> None:
    mailbox = Mailbox()
    pump = FramePump(mailbox)
    batches: list[dict[str, list[Fact]]] = []
    pump.batch.connect(batches.append)
    pump.start()

    writer = Thread(target=lambda: [mailbox.post("a", flag(at)) for at in range(500)])
    writer.start()
    qtbot.waitUntil(lambda: sum(len(batch["a"]) for batch in batches) == 500, timeout=5000)
    writer.join()
    pump.stop()

    assert [fact.at for batch in batches for fact in batch["a"]] == list(range(500))


def test_stopping_delivers_what_is_left(qtbot: QtBot) -> None:
    mailbox = Mailbox()
    pump = FramePump(mailbox)
    mailbox.post("a", flag(1.0))

    with qtbot.waitSignal(pump.batch):
        pump.stop()


def test_refused_facts_are_told_once(qtbot: QtBot) -> None:
    mailbox = Mailbox(per_call=1)
    pump = FramePump(mailbox)
    told: list[int] = []
    pump.dropped.connect(told.append)
    for at in range(3):
        mailbox.post("a", flag(at))

    pump.flush()
    pump.flush()

    assert told == [2]


def frames_of(pump: FramePump, key: str) -> int:
    frames = pump.ui_figures(key)["frames"]
    assert isinstance(frames, int)
    return frames


def test_figures_are_none_until_measured_and_then_count_frames(qtbot: QtBot) -> None:
    pump = FramePump(Mailbox())
    nothing = {
        "first_paint_ms": None,
        "frame_gap_p99_ms": None,
        "stall_max_ms": None,
        "frames": 0,
    }
    assert pump.ui_figures("a") == nothing
    pump.begin_call("a")
    assert pump.ui_figures("a") == nothing

    pump.first_paint_ms = 240.0
    pump.start()
    qtbot.waitUntil(lambda: frames_of(pump, "a") >= 5, timeout=5000)
    figures = pump.ui_figures("a")

    assert figures["first_paint_ms"] == 240.0
    assert isinstance(figures["frame_gap_p99_ms"], float)
    assert isinstance(figures["stall_max_ms"], float)
    pump.stop()


def test_each_call_counts_its_own_frames_from_its_beginning_to_its_end(qtbot: QtBot) -> None:
    pump = FramePump(Mailbox())
    pump.start()
    pump.begin_call("a")
    qtbot.waitUntil(lambda: frames_of(pump, "a") >= 4, timeout=5000)
    pump.begin_call("b")
    qtbot.waitUntil(lambda: frames_of(pump, "b") >= 4, timeout=5000)
    both = frames_of(pump, "a"), frames_of(pump, "b")
    pump.end_call("a")
    stalled_ms = pump.ui_figures("a")["stall_max_ms"]
    assert stalled_ms is not None
    # A stall that only the other call lives to see, longer than any before.
    time.sleep(stalled_ms / 1000.0 + 0.2)
    qtbot.waitUntil(lambda: frames_of(pump, "b") >= both[1] + 4, timeout=5000)
    pump.stop()

    assert both[0] >= both[1] + 4
    assert frames_of(pump, "a") == both[0]
    assert pump.ui_figures("a")["stall_max_ms"] == stalled_ms
    longer_ms = pump.ui_figures("b")["stall_max_ms"]
    assert longer_ms is not None
    assert longer_ms > stalled_ms
    pump.end_call("never begun")
    pump.forget_call("a")
    assert frames_of(pump, "a") == 0


def test_gaps_give_the_p99_the_longest_and_the_stalls() -> None:
    gaps = FrameGaps()
    for _ in range(198):
        gaps.add(33.2)
    gaps.add(90.0)
    gaps.add(7000.0)

    assert gaps.p99_ms() == 33.5
    assert gaps.longest_ms == 7000.0
    assert gaps.stalls == 2


@pytest.mark.parametrize(("gap_ms", "stalls"), [(FRAME_MS + 49.0, 0), (FRAME_MS + 51.0, 1)])
def test_a_stall_is_a_gap_beyond_the_frame_time(gap_ms: float, stalls: int) -> None:
    gaps = FrameGaps()

    gaps.add(gap_ms)

    assert gaps.stalls == stalls
