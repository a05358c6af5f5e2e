"""From the mailbox to the views, once per frame."""

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


def test_figures_are_none_until_measured_and_then_count_frames(qtbot: QtBot) -> None:
    pump = FramePump(Mailbox())
    assert pump.ui_figures() == {
        "first_paint_ms": None,
        "frame_gap_p99_ms": None,
        "stall_max_ms": None,
        "frames": 0,
    }

    pump.first_paint_ms = 240.0
    pump.start()
    qtbot.waitUntil(lambda: pump.gaps.count >= 5, timeout=5000)
    figures = pump.ui_figures()
    pump.forget_gaps()

    assert figures["first_paint_ms"] == 240.0
    assert figures["frames"] == 5
    assert isinstance(figures["frame_gap_p99_ms"], float)
    assert isinstance(figures["stall_max_ms"], float)
    assert pump.ui_figures()["frames"] == 0
    pump.stop()


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
