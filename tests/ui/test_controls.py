"""The kit: what each control says, how it looks and how it is worked by keyboard."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.controls import (
    Button,
    Chip,
    Dot,
    ElidedLabel,
    Kind,
    Logo,
    Pane,
    RailButton,
    Role,
    Segmented,
    SquareButton,
    StripButton,
    Tone,
    column,
    label,
    pane,
    row,
    themed_menu,
)
from app.ui.theme import ThemeChoice, theme
from app.ui.tokens import Token
from tests.ui.pictures import differs, picture, shows
from tests.ui.watching import emitted


def access(widget: QWidget) -> tuple[QAccessible.Role, str]:
    found = QAccessible.queryAccessibleInterface(widget)
    return found.role(), found.text(QAccessible.Text.Name)


@pytest.mark.parametrize(
    ("kind", "fill"),
    [(Kind.PLAIN, Token.CARD), (Kind.PRIMARY, Token.ACCENT), (Kind.DANGER, Token.CARD)],
)
@pytest.mark.parametrize("choice", [ThemeChoice.DARK, ThemeChoice.LIGHT])
def test_a_button_wears_the_coat_of_its_kind(
    qtbot: QtBot, kind: Kind, fill: Token, choice: ThemeChoice
) -> None:
    theme.apply(choice)
    button = Button("End call", icon="square", kind=kind)
    qtbot.addWidget(button)

    assert shows(picture(button), theme.color(fill), least=200)


def test_a_button_makes_room_for_all_that_it_shows(qtbot: QtBot) -> None:
    bare = Button("Flag")
    full = Button("Flag", icon="flag", key="F")
    big = Button("Flag", big=True)
    for button in (bare, full, big):
        qtbot.addWidget(button)

    assert bare.sizeHint().width() < full.sizeHint().width()
    assert bare.sizeHint().height() < big.sizeHint().height()
    assert bare.minimumSizeHint() == bare.sizeHint()
    assert full.accessibleDescription() == "Key: F"


def test_a_button_changes_its_face(qtbot: QtBot) -> None:
    button = Button("Talk to the local agent", icon="mic", kind=Kind.PRIMARY, big=True)
    qtbot.addWidget(button)
    wide = button.sizeHint().width()

    button.set_face("Cancel")

    assert access(button) == (QAccessible.Role.Button, "Cancel")
    assert button.sizeHint().width() < wide


@pytest.mark.parametrize("kind", Kind)
def test_a_button_shows_that_it_cannot_be_pressed(qtbot: QtBot, kind: Kind) -> None:
    button = Button("Invite", kind=kind)
    qtbot.addWidget(button)
    before = picture(button)

    button.setEnabled(False)

    assert differs(before, picture(button))


def test_a_button_shows_that_it_is_held(qtbot: QtBot) -> None:
    button = Button("Hold to talk", icon="mic")
    primary = Button("Start", kind=Kind.PRIMARY)
    for shown in (button, primary):
        qtbot.addWidget(shown)
        before = picture(shown)
        shown.setDown(True)
        assert differs(before, picture(shown))


def test_a_checked_button_stands_out(qtbot: QtBot) -> None:
    button = Button("Talking", icon="mic")
    button.setCheckable(True)
    qtbot.addWidget(button)

    button.setChecked(True)

    assert shows(picture(button), theme.color(Token.ACCENT_DIM), least=200)


def test_an_icon_that_does_not_ship_is_found_at_once() -> None:
    with pytest.raises(FileNotFoundError):
        Button("Oops", icon="no-such-icon")


def test_an_icon_alone_has_a_name(qtbot: QtBot) -> None:
    square = SquareButton("x", "Dismiss")
    strip = StripButton(("mic", "volume-x"), "Mute Caller", on=(Token.BAD_DIM, Token.BAD))
    for button in (square, strip):
        qtbot.addWidget(button)

    assert access(square) == (QAccessible.Role.Button, "Dismiss")
    assert access(strip) == (QAccessible.Role.CheckBox, "Mute Caller")
    assert (square.toolTip(), strip.toolTip()) == ("<qt>Dismiss</qt>", "<qt>Mute Caller</qt>")
    assert shows(picture(square), theme.color(Token.PANEL), least=0)


def test_a_strip_button_shows_its_tone_when_on(qtbot: QtBot) -> None:
    strip = StripButton(("mic", "volume-x"), "Mute Caller", on=(Token.BAD_DIM, Token.BAD))
    qtbot.addWidget(strip)

    QTest.keyClick(strip, Qt.Key.Key_Space)

    assert strip.isChecked()
    assert shows(picture(strip), theme.color(Token.BAD_DIM), least=100)


def test_the_pages_in_the_rail_are_one_choice(qtbot: QtBot) -> None:
    rail = pane(Pane.RAIL)
    qtbot.addWidget(rail)
    layout = column(rail)
    stage, calls = RailButton("audio-lines", "Stage"), RailButton("bot", "Calls")
    for button in (stage, calls):
        layout.addWidget(button)
    with qtbot.waitExposed(rail):
        rail.show()

    stage.setChecked(True)
    stage.setFocus()
    QTest.keyClick(stage, Qt.Key.Key_Down)

    assert access(calls) == (QAccessible.Role.RadioButton, "Calls")
    assert calls.isChecked()
    assert not stage.isChecked()


def test_a_badge_is_seen_and_read(qtbot: QtBot) -> None:
    rooms = RailButton("server", "Rooms")
    qtbot.addWidget(rooms)

    rooms.set_badge(3)

    assert rooms.accessibleDescription() == "3 to look at"
    assert shows(picture(rooms), theme.color(Token.BAD), least=40)
    rooms.set_badge(0)
    assert rooms.accessibleDescription() == ""
    assert not shows(picture(rooms), theme.color(Token.BAD))


@pytest.fixture
def segments(qtbot: QtBot) -> Segmented:
    words = ["Listen", "Whisper", "Say"]
    made = Segmented("You are heard by", words, on=(Token.EAR, Token.EAR_INK))
    qtbot.addWidget(made)
    made.resize(240, 30)
    made.show()
    return made


def test_a_choice_of_words_is_made_with_the_arrow_keys(segments: Segmented, qtbot: QtBot) -> None:
    first = segments.findChildren(QWidget)[0]
    first.setFocus()

    with qtbot.waitSignal(segments.chosen) as chosen:
        QTest.keyClick(first, Qt.Key.Key_Right)

    assert emitted(chosen) == [1]
    assert segments.current() == 1


def test_a_choice_of_words_is_made_by_click_and_from_code(
    segments: Segmented, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(segments.chosen) as chosen:
        third = segments.findChildren(QWidget)[2]
        QTest.mouseClick(third, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    with qtbot.assertNotEmitted(segments.chosen):
        segments.choose(2)

    assert emitted(chosen) == [2]
    assert access(segments.findChildren(QWidget)[2])[0] is QAccessible.Role.RadioButton


def test_a_choice_of_words_shows_which_one_holds(segments: Segmented) -> None:
    assert shows(picture(segments), theme.color(Token.EAR), least=500)

    segments.setEnabled(False)

    assert not shows(picture(segments), theme.color(Token.EAR))


@pytest.mark.parametrize(
    ("tone", "fill"),
    [
        (Tone.NEUTRAL, Token.RAISE),
        (Tone.OK, Token.OK_DIM),
        (Tone.WARN, Token.WARN_DIM),
        (Tone.BAD, Token.BAD_DIM),
    ],
)
def test_a_chip_fits_its_word_and_wears_its_tone(qtbot: QtBot, tone: Tone, fill: Token) -> None:
    chip = Chip("All healthy", tone, dot=True)
    qtbot.addWidget(chip)
    chip.resize(chip.sizeHint())

    assert shows(picture(chip), theme.color(fill), least=300)
    assert access(chip) == (QAccessible.Role.StaticText, "All healthy")
    width = chip.sizeHint().width()
    chip.show_as("A much longer word for it", tone)
    assert chip.minimumSizeHint().width() > width


def test_a_dot_is_lit_in_its_colour(qtbot: QtBot) -> None:
    dot = Dot()
    qtbot.addWidget(dot)

    dot.set_ink(Token.BAD)

    assert shows(picture(dot), theme.color(Token.BAD), least=20)


def test_a_label_is_written_in_its_ink_in_both_themes(qtbot: QtBot) -> None:
    figure = label("1.06 s", Role.FIGURE)
    qtbot.addWidget(figure)

    figure.set_ink(Token.WARN)

    assert shows(picture(figure), theme.color(Token.WARN), least=5)
    theme.apply(ThemeChoice.LIGHT)
    assert shows(picture(figure), theme.color(Token.WARN), least=5)


def test_a_long_label_wraps_when_asked(qtbot: QtBot) -> None:
    sentence = label("Nobody hears you. The caller does not see you.", Role.HINT, wrap=True)
    qtbot.addWidget(sentence)

    assert sentence.heightForWidth(100) > sentence.heightForWidth(400)


def test_a_label_without_room_is_cut_and_tells_the_whole_in_its_tip(qtbot: QtBot) -> None:
    name = ElidedLabel("<b>a very long name</b> that goes on and on")
    qtbot.addWidget(name)
    name.resize(80, 20)

    assert name.minimumSizeHint().width() < 80
    assert "&lt;b&gt;a very long name" in name.toolTip()
    cut = picture(name)
    name.resize(400, 20)
    assert picture(name).size() != cut.size()
    assert access(name)[1].startswith("<b>a very long name</b>")


def test_a_menu_has_clear_corners(qtbot: QtBot) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    menu = themed_menu(owner)
    menu.addAction("Copy")
    menu.resize(menu.sizeHint())

    corner = menu.grab().toImage().pixelColor(0, 0)

    assert corner.alpha() == 0


def test_panes_and_layouts_have_no_margins_of_their_own(qtbot: QtBot) -> None:
    top = pane(Pane.TOP)
    qtbot.addWidget(top)
    layout = row(top, gap=4)

    assert layout.contentsMargins().isNull()
    top.resize(50, 20)
    assert shows(picture(top), theme.color(Token.PANEL), least=900)
    assert shows(picture(top), theme.color(Token.LINE), least=50)


def test_the_logo_has_a_name(qtbot: QtBot) -> None:
    logo = Logo()
    qtbot.addWidget(logo)

    assert logo.accessibleName() == "Greenroom"
    assert shows(picture(logo), theme.color(Token.ACCENT), least=400)
