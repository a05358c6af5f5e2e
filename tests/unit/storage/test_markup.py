import pytest

from app.storage.markup import Markup, element, joined


def test_text_is_escaped_and_markup_is_not():
    inner = element("b", "a < b & c")

    assert element("p", "<i>", inner) == "<p>&lt;i&gt;<b>a &lt; b &amp; c</b></p>"
    assert joined("<", Markup("<br/>")) == "&lt;<br/>"


def test_attributes_are_escaped_named_and_left_out_when_none():
    written = element("rect", class_='"><script>', stroke_width=1.5, title=None)

    assert written == '<rect class="&quot;&gt;&lt;script&gt;" stroke-width="1.5"/>'


def test_an_element_that_may_be_empty_is_closed():
    assert element("td") == "<td></td>"
    assert element("meta", charset="utf-8") == '<meta charset="utf-8"/>'
    assert element("rect", element("title", "x")) == "<rect><title>x</title></rect>"


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\x00", "\x1b", "\u200f", "\x7f"])
def test_characters_that_hide_or_turn_text_are_dropped(hidden: str):
    assert element("p", f"a{hidden}b") == "<p>ab</p>"


def test_lines_and_tabs_stay():
    assert element("p", "a\n\tb") == "<p>a\n\tb</p>"
