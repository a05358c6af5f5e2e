"""What the voices share: contexts that speak one text after the other, paced, until they are ended or cancelled."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.support.speaking.faults import MIDWAY, Fault
from tests.support.speaking.pace import Pace
from tests.support.speaking.script import What
from tests.support.speaking.sockets import Socket
from tests.support.speaking.sound import voice

CHUNK_S = 0.1


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text with its sound, 16 bit mono, and where in its context it begins."""

    text: str
    pcm: NDArray[np.int16]
    rate_hz: int
    starts_at_s: float

    @property
    def length_s(self) -> float:
        return self.pcm.size / self.rate_hz

    def chunks(self) -> Iterator[bytes]:
        step = int(CHUNK_S * self.rate_hz)
        for start in range(0, self.pcm.size, step):
            yield self.pcm[start : start + step].tobytes()


class Wire(ABC):
    """How one provider's messages look, on the connection it was made for."""

    async def begin(self, context: str, spoken: Spoken) -> None:
        """Before the first sound of a text."""
        return

    @abstractmethod
    async def sound(self, context: str, spoken: Spoken, index: int, pcm: bytes) -> None: ...

    async def finish(self, context: str, spoken: Spoken) -> None:
        """After the last sound of a text."""
        return

    @abstractmethod
    async def done(self, context: str) -> None: ...

    @abstractmethod
    async def refuse(self, context: str, fault: Fault) -> None: ...


@dataclass(slots=True)
class _Context:
    texts: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue[str | None])
    task: asyncio.Task[None] | None = None
    at_s: float = 0.0


class Contexts:
    """The contexts of one connection."""

    def __init__(self, socket: Socket, wire: Wire, rate_hz: Callable[[str], int]) -> None:
        self._socket = socket
        self._wire = wire
        self._rate_hz = rate_hz
        self._contexts: dict[str, _Context] = {}

    def say(self, name: str, text: str) -> None:
        self._context(name).texts.put_nowait(text)

    def end(self, name: str) -> None:
        """Let the context be done when it has said all that it was given."""
        self._context(name).texts.put_nowait(None)

    def cancel(self, name: str) -> None:
        context = self._contexts.pop(name, None)
        if context is not None and context.task is not None:
            self._socket.ledger.write(What.CANCELLED, name)
            context.task.cancel()

    def __contains__(self, name: str) -> bool:
        return name in self._contexts

    def _context(self, name: str) -> _Context:
        if name not in self._contexts:
            context = self._contexts[name] = _Context()
            context.task = self._socket.spawn(self._run(name, context))
        return self._contexts[name]

    async def _run(self, name: str, context: _Context) -> None:
        pace: Pace | None = None
        fault: Fault | None = None
        while (text := await context.texts.get()) is not None:
            if pace is None:
                pace = Pace(self._socket.script.delays.tts_first_audio_ms)
                fault = self._socket.ledger.next_turn()
            spoken = Spoken(
                text, voice(text, self._rate_hz(name)), self._rate_hz(name), context.at_s
            )
            context.at_s += spoken.length_s
            self._socket.ledger.write(What.SPOKEN, text.strip(), spoken.length_s)
            if fault is not None:
                await self._fail(name, spoken, pace, fault)
                return
            await self._speak(name, spoken, pace)
        self._contexts.pop(name, None)
        await self._wire.done(name)

    async def _speak(
        self, name: str, spoken: Spoken, pace: Pace, until_s: float = float("inf")
    ) -> None:
        await pace.wait()
        await self._wire.begin(name, spoken)
        for index, pcm in enumerate(spoken.chunks()):
            if index * CHUNK_S >= until_s:
                return
            await pace.wait()
            await self._wire.sound(name, spoken, index, pcm)
            pace.after(CHUNK_S * 1000 / self._socket.script.delays.tts_speed)
        await self._wire.finish(name, spoken)

    async def _fail(self, name: str, spoken: Spoken, pace: Pace, fault: Fault) -> None:
        if fault.refuses:
            await self._wire.refuse(name, fault)
            return
        if fault.kind in MIDWAY:
            await self._speak(name, spoken, pace, until_s=spoken.length_s / 2)
        await self._socket.misbehave(fault)
