"""The meters: what they show, what is repainted, and how a clip is cleared."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain import facts as f
from app.domain.call import Call
from app.domain.facts import Lane
from app.ui.theme import theme
from app.ui.tokens import Token
from app.ui.views.meter_bank import MeterBank
from tests.support.sample_call import NOW, levels, sample_call
from tests.ui.pictures import picture, shows
from tests.ui.watching import PaintWatch

CALLER, AGENT, YOU, EAR = range(4)


@pytest.fixture
def bank(qtbot: QtBot) -> MeterBank:
    view = MeterBank()
    qtbot.addWidget(view)
    view.resize(239, 367)
    with qtbot.waitExposed(view):
        view.show()
    view.set_call(sample_call())
    return view


def column(bank: MeterBank, index: int) -> QRect:
    return bank.item_rect(index).toAlignedRect()


def read(bank: MeterBank, lane: Lane, peak: float, rms: float, at: float = NOW) -> None:
    fact = f.LevelMeasured(at=at, lane=lane, peak_dbfs=peak, rms_dbfs=rms)
    bank.apply(bank.call.apply([fact]))
    bank.tick(at)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (CALLER, "Caller: peak −12.0, RMS −34.2, held −12.0 dBFS"),
        (AGENT, "Agent: peak −∞, RMS −∞, held −∞ dBFS"),
        (YOU, "You: peak −41.0, RMS −52.0, held −41.0 dBFS"),
        (EAR, "Ear: peak −14.0, RMS −36.1, held −14.0 dBFS"),
    ],
)
def test_reads_each_lane_in_words(bank: MeterBank, index: int, words: str) -> None:
    view = QAccessible.queryAccessibleInterface(bank)

    assert bank.item_text(index) == words
    assert view.child(index).text(QAccessible.Text.Name) == words


def test_each_lane_has_its_colour_and_its_zones(bank: MeterBank) -> None:
    image = picture(bank)
    assert shows(image, theme.color(Token.CALLER), column(bank, CALLER), least=1000)
    assert shows(image, theme.color(Token.WARN), column(bank, CALLER), least=200)
    assert not shows(image, theme.color(Token.BAD), column(bank, CALLER))
    assert not shows(image, theme.color(Token.TEXT), column(bank, AGENT))

    read(bank, Lane.CALLER, -3.0, -6.0)

    assert shows(picture(bank), theme.color(Token.BAD), column(bank, CALLER), least=200)


def test_the_height_of_a_bar_is_its_level(bank: MeterBank) -> None:
    read(bank, Lane.AGENT, -30.0, -60.0)
    image = picture(bank)
    x = round(bank.item_rect(AGENT).center().x() - 7)
    agent = theme.color(Token.AGENT).name()

    filled = [y for y in range(bank.height()) if image.pixelColor(x, y).name() == agent]

    scale = bank.height() - 24 - 25
    assert len(filled) == pytest.approx(scale / 2, abs=3)


def test_latches_a_clip_until_it_is_clicked_away(bank: MeterBank) -> None:
    read(bank, Lane.CALLER, 0.0, -6.0)
    read(bank, Lane.CALLER, -30.0, -36.0, at=NOW + 5)
    assert shows(picture(bank), theme.color(Token.BAD), QRect(0, 0, 60, 20), least=50)
    assert bank.item_text(CALLER).endswith("It clipped: press Return to clear")

    QTest.mouseClick(bank, Qt.MouseButton.LeftButton, pos=column(bank, CALLER).center())

    assert not bank.call.meters[Lane.CALLER].clipped
    assert not shows(picture(bank), theme.color(Token.BAD), QRect(0, 0, 60, 20))


def test_a_clip_is_cleared_by_keyboard(bank: MeterBank) -> None:
    read(bank, Lane.EAR, 0.0, -6.0)
    bank.setFocus()

    QTest.keyClick(bank, Qt.Key.Key_End)
    QTest.keyClick(bank, Qt.Key.Key_Return)

    assert not bank.call.meters[Lane.EAR].clipped


def test_choosing_a_lane_without_audio_does_nothing(bank: MeterBank) -> None:
    QTest.mouseClick(bank, Qt.MouseButton.LeftButton, pos=QPoint(column(bank, AGENT).center()))

    assert Lane.AGENT not in bank.call.meters


def test_repaints_only_the_strip_that_moved(bank: MeterBank) -> None:
    watch = PaintWatch(bank)

    read(bank, Lane.OPERATOR, -20.0, -30.0)

    assert 0 < watch.area() <= 60 * 345
    assert not watch.region().contains(column(bank, EAR).center())


def test_repaints_nothing_while_nothing_moves(bank: MeterBank) -> None:
    bank.tick(NOW)
    watch = PaintWatch(bank)

    bank.tick(NOW + 0.001)
    bank.apply(bank.call.apply([f.CallerTurnStarted(at=NOW)]))

    assert watch.area() == 0


def test_falls_when_nothing_more_is_heard(bank: MeterBank) -> None:
    bank.tick(NOW + 1.7)
    after_a_while = bank.call.meters[Lane.CALLER].shown_dbfs
    bank.tick(NOW + 60)

    assert after_a_while == pytest.approx(-32.0)
    assert bank.item_text(CALLER) == "Caller: peak −∞, RMS −∞, held −∞ dBFS"


def test_a_hidden_bank_catches_up_when_it_is_seen(bank: MeterBank) -> None:
    bank.hide()
    read(bank, Lane.AGENT, -10.0, -20.0)

    bank.show()

    assert shows(picture(bank), theme.color(Token.AGENT), column(bank, AGENT), least=500)


def test_fits_a_low_window(bank: MeterBank) -> None:
    bank.resize(239, bank.minimumHeight())
    bank.set_call(sample_call())

    assert shows(picture(bank), theme.color(Token.CALLER), column(bank, CALLER), least=100)


def test_shows_no_levels_without_a_call(bank: MeterBank) -> None:
    bank.set_call(Call())
    assert bank.call.apply(levels(NOW))

    assert bank.item_count() == 4
