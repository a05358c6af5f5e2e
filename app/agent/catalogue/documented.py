"""What Pipecat's docstrings say of parameters."""

import re
from dataclasses import dataclass
from functools import lru_cache

from docstring_parser.google import GoogleParser

_ROLE = re.compile(r":[a-z:]+:`~?(?:[\w.]*\.)?(\w+)`")
_LITERAL = re.compile(r"``([^`]+)``")
_NOTICE = re.compile(r"\s*\.\. (deprecated|versionadded|versionchanged)::.*", re.DOTALL)
_EMPHASIS = re.compile(r"\*\*([^*]+)\*\*")


@dataclass(frozen=True, slots=True)
class Described:
    """What is said of one parameter, in one line."""

    text: str
    deprecated: bool


@lru_cache(maxsize=2048)
def parameters(doc: str) -> dict[str, Described]:
    """What the sections Args and Parameters of a docstring in Google's style say, by name."""
    found = GoogleParser().parse(doc).params
    return {each.arg_name.lstrip("*"): _described(each.description or "") for each in found}


def one_line(text: str) -> str:
    """A text of a docstring without markup, in one line."""
    plain = _EMPHASIS.sub(r"\1", _LITERAL.sub(r"\1", _ROLE.sub(r"\1", text)))
    return " ".join(plain.split())


def is_deprecated(doc: str) -> bool:
    """Whether a docstring's own text, not that of a parameter, says so."""
    return re.search(r"^\.\. deprecated::", doc, re.MULTILINE) is not None


def _described(text: str) -> Described:
    return Described(one_line(_NOTICE.sub("", text)), ".. deprecated::" in text)
