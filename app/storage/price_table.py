"""Reads what services charge: the table that comes with Greenroom, and before it the user's own."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import cast

import yaml

from app.domain.prices import Price, PriceTable
from app.runtime.resources import resource

FILE = "prices.yaml"
SHIPPED = "prices.yaml"
MAX_BYTES = 1 << 20
_TEXTS = ("service", "model", "class_name", "source")
_AMOUNTS = tuple(each.name for each in fields(Price) if each.name not in (*_TEXTS, "as_of", "free"))


class BadPricesError(Exception):
    """Why a file holds no prices: its line, from 1, and the reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")


def read_prices(config_folder: Path) -> PriceTable:
    """The user's prices of `prices.yaml` in `config_folder`, then those that came with Greenroom.

    The file looks like the shipped `resources/prices.yaml`; for what both price, the user's counts. One that is
    damaged is left out as a whole, and `trouble` says where and why. Blocks; any thread.
    """
    shipped = parse(resource(SHIPPED).read_text(encoding="utf-8"))
    path = config_folder / FILE
    try:
        return PriceTable((*parse(_text_of(path)), *shipped))
    except FileNotFoundError:
        return PriceTable(shipped)
    except OSError as error:
        return PriceTable(shipped, f"{path} cannot be read: {error.strerror}.")
    except (BadPricesError, ValueError) as error:
        return PriceTable(shipped, f"{path}, {error}.")


def parse(text: str) -> tuple[Price, ...]:
    """The prices of a file. Raises BadPricesError."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadPricesError(line, f"no YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BadPricesError(1, "no YAML") from error
    listed = _entries(root)
    return tuple(price for node in listed for price in _prices(node))


def _text_of(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise BadPricesError(1, "too long for a list of prices")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadPricesError(1, "no text in UTF-8") from error


def _entries(root: yaml.Node | None) -> list[yaml.Node]:
    if root is None:
        return []
    if isinstance(root, yaml.MappingNode) and len(root.value) == 1:
        key, listed = root.value[0]
        if key.value == "prices" and isinstance(listed, yaml.SequenceNode):
            return list(listed.value)
    raise BadPricesError(root.start_mark.line + 1, "this is not a list under “prices:”")


def _prices(node: yaml.Node) -> tuple[Price, ...]:
    """An entry, for each of the services that it names."""
    if not isinstance(node, yaml.MappingNode):
        raise BadPricesError(node.start_mark.line + 1, "a price has a service and amounts")
    given: dict[str, object] = {}
    services: tuple[str, ...] = ()
    for key, value in node.value:
        line = key.start_mark.line + 1
        found = _value(value, line)
        if key.value == "service":
            services = _services(found, line)
        else:
            given[str(key.value)] = _checked(str(key.value), found, line)
    line = node.start_mark.line + 1
    lacking = [name for name in ("as_of", "source") if name not in given]
    if not services or lacking:
        raise BadPricesError(line, f"this price has no {'service' if not services else lacking[0]}")
    return tuple(Price(service=service, **given) for service in services)  # pyright: ignore[reportArgumentType]


def _value(node: yaml.Node, line: int) -> object:
    """What a value says. Only lists of plain values are taken, so that no alias can grow."""
    plain = isinstance(node, yaml.ScalarNode) or (
        isinstance(node, yaml.SequenceNode)
        and all(isinstance(each, yaml.ScalarNode) for each in node.value)
    )
    if not plain:
        raise BadPricesError(line, "a plain value is wanted here")
    loader = yaml.SafeLoader("")
    construct = cast("Callable[..., object]", loader.construct_object)  # pyright: ignore[reportUnknownMemberType]
    try:
        return construct(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:
        raise BadPricesError(line, "this value cannot be read") from error
    finally:
        loader.dispose()


def _services(found: object, line: int) -> tuple[str, ...]:
    listed = cast("list[object]", found) if isinstance(found, list) else [found]
    names = tuple(each for each in listed if isinstance(each, str) and each)
    if len(names) != len(listed):
        raise BadPricesError(line, "service is the id of a service, or a list of them")
    return names


def _checked(name: str, found: object, line: int) -> object:
    if name in _TEXTS and isinstance(found, str) and found:
        return found
    if name == "as_of" and isinstance(found, date):
        return found.isoformat()[:10]
    if name == "free" and isinstance(found, bool):
        return found
    if name in _AMOUNTS and type(found) in (int, float) and 0 <= cast("float", found) < 1e6:
        return float(cast("float", found))
    if name in (*_TEXTS, "as_of", "free", *_AMOUNTS):
        wanted = {"as_of": "a day such as 2026-11-05", "free": "true or false"}.get(
            name, "text" if name in _TEXTS else "an amount in US dollars"
        )
        raise BadPricesError(line, f"{name} is {wanted}")
    raise BadPricesError(line, f"{name} is not known; amounts are {', '.join(_AMOUNTS)}")
