"""Builds HTML in which text is text, whoever wrote it."""

from html import escape

VOID = frozenset({"meta", "link", "rect", "line", "circle"})
"""Elements without content; those of SVG close themselves."""

_CONTROLS = [c for c in range(0x20) if chr(c) not in "\t\n"] + [0x7F]
_DIRECTIONS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C]
_DROPPED = dict.fromkeys([*_CONTROLS, *_DIRECTIONS])
"""Characters that show nothing, or that make what follows appear in another order."""


class Markup(str):
    """HTML that was built here, and so needs no escaping."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | float | None) -> Markup:
    """An element. Children that are not `Markup` are escaped, attributes always.

    `class_` and the like stand for names that Python keeps to itself, `stroke_width` for `stroke-width`; attributes
    that are None are left out.
    """
    given = ((name, value) for name, value in attributes.items() if value is not None)
    written = "".join(f' {_name(name)}="{_text(str(value))}"' for name, value in given)
    if tag in VOID and not children:
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{joined(*children)}</{tag}>")


def joined(*children: str) -> Markup:
    """Children one after another."""
    return Markup("".join(c if isinstance(c, Markup) else _text(c) for c in children))


def _name(attribute: str) -> str:
    return attribute.rstrip("_").replace("_", "-")


def _text(text: str) -> str:
    return escape(text.translate(_DROPPED))
