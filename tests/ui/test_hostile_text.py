"""Text that means no good is drawn literally by every view, and without delay."""

import time

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain import facts as f
from app.domain.call import Call
from app.ui.views.events import Events
from app.ui.views.meter_bank import MeterBank
from app.ui.views.state_word import StateWord
from app.ui.views.transcript import Transcript
from app.ui.views.trends import Trends
from app.ui.views.waterfall import Waterfall
from tests.support.hostile import HOSTILE
from tests.support.sample_call import (
    NOW,
    OPENED_AT,
    TOOL_STAGES,
    answered,
    asked,
    opening,
    stages,
)
from tests.ui.pictures import picture

View = Transcript | Waterfall | Trends | Events | MeterBank | StateWord
VIEWS = (Transcript, Waterfall, Trends, Events, MeterBank, StateWord)
NEVER_S = 2.0
"""Of processor time. A layout that explodes takes minutes; this catches only that."""


def call_full_of(text: str) -> Call:
    """A call in which everything that others can write is `text`."""
    parts = stages(TOOL_STAGES, (200, 180, 14, 310, 1104, 96, 395, 9))
    foreign = tuple(
        f.Stage(
            key=part.key if index else "unheard_of",
            label=text or "x",
            owner=text,
            owner_kind=part.owner_kind,
            start_ms=part.start_ms,
            duration_ms=part.duration_ms,
        )
        for index, part in enumerate(parts)
    )
    call = Call()
    call.apply(opening())
    call.apply([f.ParticipantJoined(at=NOW, identity=text, name=text, role=f.Role.CALLER)])
    call.apply(asked(OPENED_AT + 20, text))
    call.apply(answered(OPENED_AT + 22, text or "x", foreign, heard_ms=2500, cut_off=True))
    call.apply([f.CallerTurnStarted(at=NOW), f.CallerSaid(at=NOW, text=text, final=False)])
    call.apply([f.ErrorRaised(at=NOW, message=text, category=text, processor=text, usable=True)])
    call.apply([f.StageEntered(at=NOW, key=text or "x", owner=text)])
    return call


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_is_drawn_at_once(qtbot: QtBot, view: type[View], text: str) -> None:
    shown = view()
    qtbot.addWidget(shown)
    shown.resize(900, 400)
    shown.show()
    call = call_full_of(text)
    started = time.process_time()

    shown.set_call(call)
    shown.tick(NOW + 1)
    for _ in range(3):
        QApplication.processEvents()
    image = picture(shown)

    assert time.process_time() - started < NEVER_S
    assert not image.isNull()


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip()][:7])
def test_markup_stays_visible_in_every_view_that_names_it(text: str) -> None:
    call = call_full_of(text)
    transcript, waterfall, events = Transcript(), Waterfall(), Events()
    for view in (transcript, waterfall, events):
        view.set_call(call)

    start = text[:20]

    script = transcript.table.script
    assert str(script.index(0, 0).data()).startswith(start)
    assert str(script.index(0, 1).data()).startswith(start)
    assert start in waterfall.item_text(0)
    assert any(
        start in str(events.model.index(row, 1).data()) for row in range(events.model.rowCount())
    )


def test_the_whole_of_a_long_text_is_on_the_clipboard(qtbot: QtBot) -> None:
    long = "word " * 2_000
    transcript = Transcript()
    qtbot.addWidget(transcript)
    transcript.set_call(call_full_of(long))
    transcript.table.selectRow(0)

    transcript.table.copy()

    assert QGuiApplication.clipboard().text().count("word") >= 4_000
    assert str(transcript.table.script.index(0, 0).data()).endswith("…")
