"""Foreign text is shown as it is, on one line, and never as markup."""

import time

import pytest
from PySide6.QtCore import Qt

from app.ui.plain_text import breakable, plain_tip, shown, shown_lines
from tests.support.hostile import HOSTILE


@pytest.mark.parametrize(
    ("text", "cap", "line"),
    [
        ("plain", 200, "plain"),
        ("two\nlines\tand  spaces", 200, "two lines and spaces"),
        ("abcdefgh", 5, "abcd…"),
        ("abcde", 5, "abcde"),
        ("user\u202egpj.exe", 200, "usergpj.exe"),
        ("zero\u200bwidth\ufeff", 200, "zerowidth"),
        ("bell\x07 null\x00", 200, "bell null"),
        ("Ünïcödé 日本語 😀", 200, "Ünïcödé 日本語 😀"),
        ("\U0001f469\u200d\U0001f680", 200, "\U0001f469\u200d\U0001f680"),
        ("lone \ud800 surrogate", 200, "lone surrogate"),
    ],
)
def test_makes_one_visible_line(text: str, cap: int, line: str) -> None:
    assert shown(text, cap) == line


def test_says_that_something_is_left_out_even_when_spaces_hid_it() -> None:
    assert shown("a" + " " * 1000 + "b", 10) == "a…"


def test_keeps_the_line_breaks_of_what_was_said() -> None:
    assert shown_lines("one\ntwo\u202e", 100) == "one\ntwo"
    assert shown_lines("abcdef", 3) == "abc…"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_tip_shows_text_literally(text: str) -> None:
    from PySide6.QtGui import QTextDocument

    document = QTextDocument()
    document.setHtml(plain_tip(text))

    assert document.toPlainText().strip() == shown_lines(text, 600).strip()


def test_no_text_gives_no_tip() -> None:
    assert plain_tip("") == ""


@pytest.mark.parametrize("text", HOSTILE)
def test_a_label_is_never_taken_for_markup(text: str) -> None:
    from app.ui.controls import ElidedLabel, label

    for made in (ElidedLabel(text), label(text)):
        assert made.textFormat() is Qt.TextFormat.PlainText


def test_a_megabyte_is_no_trouble() -> None:
    started = time.process_time()

    shown("x\u202e" * 500_000)

    assert time.process_time() - started < 1.0


def test_a_word_that_no_line_has_room_for_may_break() -> None:
    assert breakable("a path: /home/me") == "a path: /home/me"
    broken = breakable("see " + "x" * 60)
    assert broken.replace("\u200b", "") == "see " + "x" * 60
    assert max(map(len, broken.split("\u200b"))) <= 28
