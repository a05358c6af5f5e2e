"""Masks secrets in facts and errors: a provider may quote the key, and both are shown, kept and exported."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, cast

from app.domain.errors import UserError
from app.domain.facts import ErrorRaised, Fact, ServiceSwitched
from app.runtime.redaction import Redactor

Mask = Callable[[str], str]


def masked(fact: Fact, redactor: Redactor) -> Fact:
    """The fact without secrets, itself where it has none.

    What people say is masked only where it is a known secret: of an error also what looks like one.
    """
    quotes = isinstance(fact, (ErrorRaised, ServiceSwitched))
    mask = redactor.redact if quotes else redactor.mask_known
    return cast("Fact", _masked(fact, mask))


def masked_error(error: UserError, redactor: Redactor) -> UserError:
    """The same error for a person, without secrets."""
    return type(error)(redactor.redact(error.title), redactor.redact(error.hint))


def _masked(value: object, mask: Mask) -> object:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else mask(value)
    if isinstance(value, tuple):
        parts = cast("tuple[object, ...]", value)
        return tuple(_masked(part, mask) for part in parts)
    if is_dataclass(value) and not isinstance(value, type):
        return _masked_fields(value, mask)
    return value


def _masked_fields(value: Any, mask: Mask) -> object:
    held = {field.name: getattr(value, field.name) for field in fields(value)}
    clean = {name: _masked(each, mask) for name, each in held.items()}
    return value if clean == held else replace(value, **clean)
