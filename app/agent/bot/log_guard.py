# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
"""Keeps a bot's handling of logging to the bot.

Many bots begin with `logger.remove(0)` and add an output of their own. Greenroom's log must survive the first, and
the second must neither show what other calls log nor stay behind. What a bot asks of `logging.basicConfig` is left
undone: the process has its outputs, and they hear the bot.
"""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import loguru


class BotOutputs:
    """The loguru outputs that one bot has added."""

    def __init__(self) -> None:
        self.ids: set[int] = set()


_current: ContextVar[BotOutputs | None] = ContextVar("loguru_outputs", default=None)
_Logger: Any = type(loguru.logger)
_real_add: Callable[..., int] = _Logger.add
_real_remove: Callable[..., None] = _Logger.remove
_real_basic_config: Callable[..., None] = logging.basicConfig


def install() -> None:
    """Have loguru tell a bot's outputs from those of the process. A second call changes nothing."""
    _Logger.add = _add
    _Logger.remove = _remove
    logging.basicConfig = _basic_config


@contextmanager
def kept_apart() -> Generator[None]:
    """What is added here, or in tasks begun here, hears this bot only, and goes when the bot does."""
    outputs = BotOutputs()
    token = _current.set(outputs)
    try:
        yield
    finally:
        _current.reset(token)
        for handler in outputs.ids:
            _real_remove(loguru.logger, handler)


def _add(self: Any, sink: Any, **options: Any) -> int:
    outputs = _current.get()
    if outputs is None:
        return _real_add(self, sink, **options)
    options["filter"] = _only_of(outputs, options.get("filter"))
    handler = _real_add(self, sink, **options)
    outputs.ids.add(handler)
    return handler


def _remove(self: Any, handler_id: int | None = None) -> None:
    outputs = _current.get()
    if outputs is None:
        _real_remove(self, handler_id)
        return
    for handler in outputs.ids & ({handler_id} if handler_id is not None else outputs.ids):
        outputs.ids.discard(handler)
        _real_remove(self, handler)


def _basic_config(**options: Any) -> None:
    if _current.get() is None:
        _real_basic_config(**options)


def _only_of(outputs: BotOutputs, own: Any) -> Callable[[Any], bool]:
    """A filter for records of this bot; of the bot's `own` filters it honours functions and module names."""

    def wanted(record: Any) -> bool:
        # Filters run where the record was logged, in that context.
        if _current.get() is not outputs:
            return False
        if callable(own):
            return bool(own(record))
        if isinstance(own, str):
            return (record["name"] or "").startswith(own)
        return True

    return wanted
