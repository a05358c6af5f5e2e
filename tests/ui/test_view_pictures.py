"""A picture of each view in each of its states, written to the test's folder and checked by structure."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain import facts as f
from app.domain.call import Call
from app.ui.theme import ThemeChoice, theme
from app.ui.tokens import COLORS, Scheme, Token
from app.ui.views.events import Events
from app.ui.views.meter_bank import MeterBank
from app.ui.views.state_word import StateWord
from app.ui.views.transcript import Transcript
from app.ui.views.trends import Trends
from app.ui.views.waterfall import Waterfall
from tests.support.sample_call import NOW, long_call, opening, sample_call
from tests.ui.pictures import colors_in, picture

View = Transcript | Waterfall | Trends | Events | MeterBank | StateWord
SHADES_OF_WORDS = 12
"""Smoothed letters give many shades; lines and grounds only a few."""
SIZES: dict[type[View], tuple[int, int]] = {
    Transcript: (880, 560),
    Waterfall: (1200, 236),
    Trends: (1200, 236),
    Events: (1200, 236),
    MeterBank: (239, 367),
    StateWord: (200, 42),
}


def empty() -> Call:
    return Call()


def starting() -> Call:
    call = Call()
    call.apply(opening()[:3])
    return call


def failed() -> Call:
    call = sample_call()
    call.apply([f.AgentStateChanged(at=NOW, state=f.AgentState.FAILED, why="out of memory")])
    return call


def ended() -> Call:
    call = sample_call()
    call.apply([f.CallClosed(at=NOW, reason="you ended it")])
    return call


def long() -> Call:
    return long_call(200)


STATES = (empty, starting, sample_call, failed, ended, long)


@pytest.mark.parametrize("choice", [ThemeChoice.DARK, ThemeChoice.LIGHT])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("view", SIZES)
def test_every_state_has_a_picture(
    qtbot: QtBot,
    tmp_path: Path,
    view: type[View],
    state: Callable[[], Call],
    choice: ThemeChoice,
) -> None:
    theme.apply(choice)
    shown = view()
    qtbot.addWidget(shown)
    shown.resize(*SIZES[view])
    shown.show()

    shown.set_call(state())
    shown.tick(NOW)
    for _ in range(4):
        QApplication.processEvents()
    image = picture(shown)

    assert image.save(str(tmp_path / f"{view.__name__}-{state.__name__}-{choice}.png"))
    assert no_color_of_the_other_scheme(colors_in(image), theme.scheme) == set()
    assert len(colors_in(image)) > SHADES_OF_WORDS


def no_color_of_the_other_scheme(found: dict[str, int], scheme: Scheme) -> set[str]:
    """Large areas in a ground of the theme that is not in force: something was not drawn anew."""
    other = Scheme.LIGHT if scheme is Scheme.DARK else Scheme.DARK
    grounds = {COLORS[other][t].lower() for t in (Token.BG, Token.PANEL, Token.RAISE, Token.LINE)}
    return {color for color in grounds if found.get(color, 0) > 100}
