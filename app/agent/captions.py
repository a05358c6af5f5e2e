"""Shows what an agent says to who is in its room, as text."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol

from app.domain.facts import AgentSaid, Fact
from app.domain.ports import FactSink

log = logging.getLogger(__name__)

SEND_S = 5.0
"""How long a caption may take to leave; while the connection is being made anew, none does."""
MOST_WAITING = 8


def _new_segment() -> str:
    return f"SG_{secrets.token_hex(6)}"


@dataclass(frozen=True, slots=True)
class Caption:
    """What has been said of one answer so far. The text replaces that of earlier captions of its segment."""

    segment: str
    text: str
    final: bool


@dataclass(slots=True)
class Captions:
    """Sends one caption after the other, and of those that wait only the newest of each segment. One loop."""

    send: Callable[[Caption], Awaitable[None]]
    """May raise ConnectionError: the caption is lost then."""
    _segment: str = field(default_factory=_new_segment)
    _waiting: deque[Caption] = field(default_factory=lambda: deque[Caption](maxlen=MOST_WAITING))
    _sending: asyncio.Task[None] | None = None

    def say(self, text: str, *, final: bool) -> None:
        """Send this text in the background; what comes after a final one is a segment of its own."""
        if self._waiting and self._waiting[-1].segment == self._segment:
            self._waiting.pop()
        self._waiting.append(Caption(self._segment, text, final))
        if final:
            self._segment = _new_segment()
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._drain(), name="captions")

    def close(self) -> None:
        """Send nothing more."""
        self._waiting.clear()
        if self._sending is not None:
            self._sending.cancel()

    async def _drain(self) -> None:
        while self._waiting:
            caption = self._waiting.popleft()
            try:
                async with asyncio.timeout(SEND_S):
                    await self.send(caption)
            except (ConnectionError, TimeoutError) as error:
                log.info("a caption was lost: %s", error or "it took too long")


class Captioned(Protocol):
    """Where captions go. Agent loop only."""

    def caption(self, text: str, *, final: bool) -> None: ...


class CaptioningSink:
    """Hands facts on, and what the agent says to its room too. Agent loop only."""

    def __init__(self, sink: FactSink, voice: Captioned) -> None:
        self._sink = sink
        self._voice = voice

    def post(self, fact: Fact) -> None:
        self._sink.post(fact)
        if isinstance(fact, AgentSaid) and fact.text:
            self._voice.caption(fact.text, final=fact.final)

    def sample(self, key: Hashable, fact: Fact) -> None:
        self._sink.sample(key, fact)
