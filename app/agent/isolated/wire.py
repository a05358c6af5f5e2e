"""What the two ends say to each other: one JSON array a line, its first item names it.

From the child: `hello` (its monotonic clock), `beat` (every second), `loaded`, `joined`, `refused` (title, hint),
`fact` and `sample` (`fact_json`'s text; a sample's key first), `stopping`, `evict`, `done` (an order's number, title,
hint), `stopped` (a `StopRung`, whether its thread has ended), `lost` (how many facts). To the child: a `StartOrder`,
then `type` (a number, text), `change` (a number, a `LiveSetting`, its value) and `stop`.
"""

import json
import math
import signal
from collections.abc import Hashable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from app.domain.access import RoomAccess
from app.domain.bot_files import BotFile, Isolation
from app.domain.facts import Fact

Message = list[object]
LONGEST = 1 << 20
ASKS_FOR_STACK = getattr(signal, "SIGWINCH", 0)
"""The signal at which a child writes its stack to standard error. Who does not wait for it is not harmed by it, and a
process without a terminal never gets it from elsewhere."""


@dataclass(frozen=True, slots=True)
class StartOrder:
    """All that a child needs to know. It travels over a pipe, because it holds the keys and the token."""

    bot: BotFile
    access: RoomAccess
    environment: dict[str, str] = field(repr=False)
    clock_offset_s: float
    """Of the panel's clock from the child's monotonic one."""

    def to_line(self) -> bytes:
        return line(
            "start",
            {
                "bot": {**asdict(self.bot), "path": str(self.bot.path)},
                "access": asdict(self.access),
                "environment": self.environment,
                "clock_offset_s": self.clock_offset_s,
            },
        )

    @classmethod
    def from_line(cls, text: bytes) -> "StartOrder":
        """Raises ValueError, KeyError or TypeError where it is none."""
        name, told = json.loads(text)
        if name != "start":
            raise ValueError(name)
        bot = told["bot"]
        bot["path"] = Path(bot["path"])
        bot["isolation"] = Isolation(bot["isolation"])
        bot["keys"] = tuple(bot["keys"])
        return cls(
            BotFile(**bot),
            RoomAccess(**told["access"]),
            told["environment"],
            told["clock_offset_s"],
        )


def line(*parts: object) -> bytes:
    """A message as it is written."""
    return json.dumps(parts).encode() + b"\n"


def message(text: bytes) -> Message:
    """A line as a message. Raises ValueError where it is none."""
    try:
        said: Any = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested without end") from error
    if not isinstance(said, list) or not said:
        raise ValueError("no message")
    return cast("Message", said)


def fact_line(fact: Fact) -> bytes:
    """Raises TypeError or ValueError for a fact that JSON cannot hold."""
    return line("fact", *_encode(fact))


def sample_line(key: Hashable, fact: Fact) -> bytes:
    """Raises what `fact_line` does. The panel gets the key as a text: it is only compared."""
    return line("sample", repr(key), *_encode(fact))


def read_fact(kind: str, text: str) -> Fact:
    """Raises ValueError where it is none."""
    from app.runtime.fact_json import parse  # pydantic: see _encode.

    fact = parse(kind, text)
    if not math.isfinite(fact.at):
        raise ValueError("a fact has a time")
    return fact


def _encode(fact: Fact) -> tuple[str, str]:
    # pydantic: the child says hello before it imports anything that its environment may lack.
    from app.runtime.fact_json import encode

    return encode(fact)
