"""A caller who asks aloud and keeps what comes to its ear: when, for how long, and its sound."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.access import ServerAccess
from app.media import tokens
from app.media.speech_file import load_speech
from app.runtime.resources import resource
from tests.support.agents import Speaker
from tests.support.livekit import BLOCK, LOUD_DBFS, RATE_HZ, Pcm, rms_dbfs
from tests.support.posted import until

BLOCK_S = BLOCK / RATE_HZ
BETWEEN_SOUNDS_S = 0.3
"""A longer silence parts two sounds."""
LEAST_SOUND_S = 0.05


@dataclass(frozen=True, slots=True)
class Sound:
    """What was loud without a pause."""

    after_s: float
    """From the end of the question, on this computer's clock, to its first block."""
    pcm: Pcm

    @property
    def length_s(self) -> float:
        return self.pcm.size / RATE_HZ


class AttentiveCaller(Speaker):
    """Joins as `Speaker` does. One loop."""

    def __init__(self, server: ServerAccess, room: str) -> None:
        super().__init__(tokens.caller_access(server, room, "caller"))
        self._blocks: list[tuple[float, Pcm]] = []
        """Loud ones, each with the time at which it began."""
        self._asking: Pcm | None = None
        self._asked_until: float | None = None

    async def hears_the_agent(self) -> None:
        """Wait until the agent's track is there."""
        await until(lambda: self._streams, 10, "the agent's track")

    async def ask_aloud(
        self, question: Pcm, *, begins_within_s: float, quiet_s: float
    ) -> list[Sound]:
        """Ask, and hear the answer out: `quiet_s` of silence end it. Empty when it does not begin in time."""
        self._asked_until, self._asking = None, question
        self.ask(question)
        await until(lambda: self._asked_until is not None, 20, "the end of the question")
        asked_until = self._asked_until
        assert asked_until is not None
        await until(lambda: self._is_over(asked_until, begins_within_s, quiet_s), 60, "silence")
        return _sounds([block for block in self._blocks if block[0] > asked_until], asked_until)

    async def say(self, pcm: Pcm) -> None:
        await super().say(pcm)
        if pcm is self._asking:
            self._asked_until = time.monotonic() + self.source.queued_duration

    def on_block(self, block: Pcm) -> None:
        if rms_dbfs(block) > LOUD_DBFS:
            self._blocks.append((time.monotonic() - BLOCK_S, block))

    def _is_over(self, asked_until: float, begins_within_s: float, quiet_s: float) -> bool:
        now = time.monotonic()
        last_loud = self._blocks[-1][0] if self._blocks else 0.0
        if last_loud > asked_until:
            return now - last_loud > quiet_s
        return now - asked_until > begins_within_s


def spoken_question(name: str) -> Pcm:
    """One of the spoken questions that ship, up to its last sound."""
    return load_speech(resource(f"audio/{name}.wav")).pcm


def _sounds(blocks: Sequence[tuple[float, Pcm]], since: float) -> list[Sound]:
    groups: list[list[tuple[float, Pcm]]] = []
    for at, block in blocks:
        if not groups or at - groups[-1][-1][0] > BETWEEN_SOUNDS_S:
            groups.append([])
        groups[-1].append((at, block))
    sounds = [
        Sound(group[0][0] - since, np.concatenate([block for _, block in group]))
        for group in groups
    ]
    return [sound for sound in sounds if sound.length_s >= LEAST_SOUND_S]
