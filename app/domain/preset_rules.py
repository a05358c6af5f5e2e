"""What every part of a preset obeys: strict types, ranges, and no secrets."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

STRICT: dict[str, object] = {"extra": "forbid", "strict": True, "allow_inf_nan": False}
"""As `__pydantic_config__` of a dataclass: pydantic reads it strictly, and the domain does not import pydantic."""

_SECRET = re.compile(
    r"(^|_)(api_?keys?|secret|secret_.*|.*_secret|password|passwd|private_key|access_key|access_key_id"
    r"|token|auth_token|access_token|bearer|authorization|credentials)$"
)
_WORD_END = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class OutOfRangeError(ValueError):
    """A setting is not what it may be. `name` is the field, `path` leads to it from where it was found."""

    def __init__(
        self, name: str, allowed: str, path: tuple[str | int, ...] = (), hint: str = ""
    ) -> None:
        super().__init__(f"{name} must be {allowed}")
        self.name = name
        self.path = path or (name,)
        self.hint = hint


class OffByFalse:
    """Marks a group of settings that a preset's text switches off with `false`; it is read as None."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        return {
            "type": "function-before",
            "function": {"type": "no-info", "function": _none_for_false},
            "schema": handler(source),
        }


def within(name: str, value: float | None, low: float, high: float) -> None:
    """Raise OutOfRangeError for a value outside these bounds; None is no value and passes."""
    if value is not None and not low <= value <= high:
        raise OutOfRangeError(name, f"between {low:g} and {high:g}")


def is_secret_name(name: str) -> bool:
    """Whether what is called so is a key, a password or the like: `api_key`, `xi-api-key`, `Authorization`."""
    words = _WORD_END.sub("_", name).replace("-", "_").lower()
    return _SECRET.search(words) is not None


def paths_of_secrets(
    group: Mapping[str, object], above: tuple[str | int, ...] = ()
) -> Iterator[tuple[str | int, ...]]:
    """Where in these settings, at any depth, something is named as a secret is."""
    for name, value in group.items():
        if is_secret_name(name) and value not in (None, ""):
            yield (*above, name)
        else:
            yield from _within_value(value, (*above, name))


def _within_value(value: object, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, Mapping):
        yield from paths_of_secrets(cast("Mapping[str, object]", value), at)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for index, each in enumerate(cast("Sequence[object]", value)):
            yield from _within_value(each, (*at, index))


def _none_for_false(found: object) -> object:
    return None if found is False else found
