"""Writes facts as JSON and reads them back as the same facts."""

import json
import logging
import math
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from app.domain import facts
from app.domain.facts import Fact

log = logging.getLogger(__name__)

KINDS: dict[str, type[Fact]] = {
    name: kind
    for name, kind in vars(facts).items()
    if isinstance(kind, type) and issubclass(kind, Fact) and kind is not Fact
}
"""Every kind of fact by its name. Names are kept in the library: a renamed class needs its old name here."""


def encode(fact: Fact) -> tuple[str, str]:
    """The fact's kind and its fields as JSON. Raises TypeError or ValueError for a field that JSON cannot hold."""
    if not math.isfinite(fact.at):
        raise ValueError("a fact has a time")
    kind = type(fact).__name__
    fields = _adapter(kind).dump_python(fact, mode="json", warnings=False)
    text = json.dumps(fields, ensure_ascii=False)
    # Half a surrogate pair is no text that SQLite could store.
    return kind, text.encode("utf-8", "replace").decode()


def parse(kind: str, text: str) -> Fact:
    """The fact. Raises ValueError where none can be made; fields that this version does not know are left out."""
    if kind not in KINDS:
        raise ValueError(f"facts of the kind {kind} are not known to this version")
    # pydantic's ValidationError is a ValueError too.
    return _adapter(kind).validate_python(json.loads(text))


def decode(kind: str, text: str) -> Fact | None:
    """The fact, or None, and a line in the log, where this version cannot make one of it."""
    try:
        return parse(kind, text)
    except ValueError as error:
        log.warning("a fact of the kind %s cannot be read: %s", kind, error)
        return None


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])
