"""Makes text that came from elsewhere safe to show: one line, no tricks, a length that a screen can bear."""

import html
import unicodedata

LABEL_CAP = 200
TIP_CAP = 600
ELLIPSIS = "…"
_LONG_WORD = 24
_MAY_BREAK = "\u200b"
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Co", "Cs"}
"""Controls, formats (bidi overrides and zero-width characters among them), private use and lone surrogates."""
_KEPT = {"\u200d"}
"""The joiner of emoji and of several scripts."""


def shown(text: str, cap: int = LABEL_CAP) -> str:
    """`text` as one visible line of at most `cap` characters."""
    line = " ".join(_visible(text[: 4 * cap]).split())
    return line if len(line) <= cap and len(text) <= 4 * cap else line[: cap - 1] + ELLIPSIS


def shown_lines(text: str, cap: int) -> str:
    """`text` with its line breaks, of at most `cap` characters."""
    lines = "\n".join(_visible(line) for line in text[:cap].splitlines())
    return lines if len(text) <= cap else lines + ELLIPSIS


def breakable(text: str) -> str:
    """`text`, made harmless already, that may break within words no line has room for: paths, keys, nonsense."""
    return " ".join(
        _in_pieces(word) if len(word) > _LONG_WORD else word for word in text.split(" ")
    )


def plain_tip(text: str, cap: int = TIP_CAP) -> str:
    """A tooltip that shows `text` literally, whatever it holds. Qt takes a tooltip for HTML when it looks like it."""
    capped = shown_lines(text, cap)
    return f"<qt>{html.escape(capped)}</qt>".replace("\n", "<br>") if capped else ""


def _in_pieces(word: str) -> str:
    starts = range(0, len(word), _LONG_WORD)
    return _MAY_BREAK.join(word[start : start + _LONG_WORD] for start in starts)


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    if character.isspace():
        return " "
    hidden = unicodedata.category(character) in _HIDDEN_CATEGORIES
    return "" if hidden and character not in _KEPT else character
