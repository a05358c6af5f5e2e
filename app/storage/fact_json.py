"""Writes facts as JSON and reads them back as the same facts."""

import json
import logging
import math
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from app.domain import facts
from app.domain.facts import Fact, LevelMeasured, PipelineLagged

log = logging.getLogger(__name__)

KINDS: dict[str, type[Fact]] = {
    name: kind
    for name, kind in vars(facts).items()
    if isinstance(kind, type) and issubclass(kind, Fact) and kind is not Fact
}
"""Every kind of fact by its name. Names are kept in the library: a renamed class needs its old name here."""
NOT_KEPT = (LevelMeasured, PipelineLagged)
"""Readings that only the moment needs; the recording has the sound itself."""


def encode(fact: Fact) -> tuple[str, str]:
    """The fact's kind and its fields as JSON. Raises TypeError or ValueError for a field that JSON cannot hold."""
    if not math.isfinite(fact.at):
        raise ValueError("a fact has a time")
    kind = type(fact).__name__
    fields = _adapter(kind).dump_python(fact, mode="json", warnings=False)
    text = json.dumps(fields, ensure_ascii=False)
    # Half a surrogate pair is no text that SQLite could store.
    return kind, text.encode("utf-8", "replace").decode()


def decode(kind: str, text: str) -> Fact | None:
    """The fact, or None where this version cannot make one of it. Fields that it does not know are left out."""
    if kind not in KINDS:
        log.warning("facts of the kind %s are not known to this version", kind)
        return None
    try:
        return _adapter(kind).validate_python(json.loads(text))
    except ValueError as error:  # pydantic's ValidationError is one too.
        log.warning("a fact of the kind %s cannot be read: %s", kind, error)
        return None


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])
