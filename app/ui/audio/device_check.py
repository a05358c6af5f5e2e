"""Tries the microphone and the speaker in use, as the last step of the connection test."""

import asyncio
from collections.abc import Callable, Mapping

import numpy as np

from app.domain.servers import StepState
from app.domain.step_outcome import Outcome, failed, ok, skipped, warning
from app.runtime.pcm import FLOOR_DBFS, level
from app.ui.audio.devices import RATE_HZ, AudioDevices, Search
from app.ui.plain_text import shown

LISTEN_S = 1.0
TRIED_WITHIN_S = 5.0
"""A Bluetooth headset takes seconds to change to the profile with a microphone."""
TONE_HZ, TONE_S, TONE_DBFS = 660.0, 0.4, -30.0
FADE_S = 0.03
PLAYED_OUT_S = 0.2
"""Silence behind the tone, longer than the speaker's buffer: the tone is not cut off."""
SILENT_DBFS = -80.0
"""Peak: three units of 16 bits. A microphone that is on makes more noise than that by itself."""
LONGEST_NAME = 80
IN_CALL = "a call uses them: test them after it"
NOT_DONE: Mapping[Search, Outcome] = {
    Search.RUNNING: warning("Greenroom still looks for them", "Test again in a moment."),
    Search.UNANSWERED: failed(
        "the sound server does not answer", "Restart the system's sound server."
    ),
    Search.LOST: failed("the sound server went away", "Start Greenroom again to speak and hear."),
    Search.IMPOSSIBLE: failed(
        "a library that sound needs is missing", "`greenroom doctor` names it."
    ),
    Search.UNWANTED: skipped("nobody speaks or listens here"),
}
NO_MICROPHONE = failed("there is no microphone", "Plug one in, or type as the caller.")
NO_SPEAKER = failed("there is no speaker", "Plug one in to hear the agent.")
CHOOSE = "Choose another one, or close the program that holds it."
UNMUTE = "Unmute it, and turn it up, in the system's sound settings."
SPEAKER_MUTED = "Switch off “Mute the agent in your speaker” on the Stage, in the next call."
_GRAVITY = (StepState.SKIPPED, StepState.OK, StepState.WARNING, StepState.FAILED)


class DeviceCheck:
    """Is a `DeviceTest` of the devices in use. UI loop only; it never takes them from a call."""

    def __init__(self, audio: AudioDevices) -> None:
        self._audio = audio
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self) -> Outcome:
        """Listen for a second and play a short quiet tone. Within 5 s, once another check has ended."""
        async with self._one_at_a_time:
            if self._audio.search is not Search.DONE:
                return NOT_DONE[self._audio.search]
            if self._audio.attached is not None:
                return skipped(IN_CALL)
            if self._audio.microphone is None and self._audio.speaker is None:
                return _both(NO_MICROPHONE, NO_SPEAKER)
            return await self._try_out()

    async def _try_out(self) -> Outcome:
        loop, enough = asyncio.get_running_loop(), asyncio.Event()
        sample = _Sample(
            lambda: loop.call_soon_threadsafe(enough.set),
            hears=self._audio.microphone is not None,
            plays=self._audio.speaker is not None,
        )
        self._audio.attach(sample)
        try:
            async with asyncio.timeout(TRIED_WITHIN_S):
                await enough.wait()
        except TimeoutError:
            pass  # What is missing is said below.
        finally:
            taken = self._audio.attached is not sample
            if not taken:
                self._audio.detach()
        return skipped(IN_CALL) if taken else _both(self._microphone(sample), self._speaker(sample))

    def _microphone(self, sample: "_Sample") -> Outcome:
        if self._audio.microphone is None:
            return NO_MICROPHONE
        name = shown(self._audio.microphone.name, LONGEST_NAME)
        if not sample.heard:
            return failed(f"the microphone {name} gives no sound", CHOOSE)
        if sample.peak_dbfs < SILENT_DBFS:
            return warning(f"the microphone {name} is silent", UNMUTE)
        return ok(f"the microphone {name} hears up to {sample.peak_dbfs:.0f} dBFS")

    def _speaker(self, sample: "_Sample") -> Outcome:
        if self._audio.speaker is None:
            return NO_SPEAKER
        name = shown(self._audio.speaker.name, LONGEST_NAME)
        if not sample.tone_taken:
            return failed(f"the speaker {name} takes no sound", CHOOSE)
        if self._audio.speaker_muted:
            return warning(f"the speaker {name} is muted in Greenroom", SPEAKER_MUTED)
        return ok(f"the speaker {name} took a short tone")


class _Sample:
    """An `OperatorAudio`: measures what the microphone gives, and plays one tone.

    `on_enough` is called once, when those of the two that there are have been tried.
    """

    sample_rate_hz = RATE_HZ

    def __init__(self, on_enough: Callable[[], object], *, hears: bool, plays: bool) -> None:
        self._on_enough = on_enough
        self._hears = hears
        self._plays = plays
        self._tone = _tone()
        self._played = 0
        self._told = False
        self.heard = 0
        """Samples."""
        self.peak_dbfs = FLOOR_DBFS

    @property
    def tone_taken(self) -> bool:
        return self._played >= len(self._tone) // 2

    def push_microphone(self, pcm: bytes) -> None:
        self.heard += len(pcm) // 2
        self.peak_dbfs = max(self.peak_dbfs, level(np.frombuffer(pcm, np.int16)).peak_dbfs)
        self._tell()

    def pull_speaker(self, sample_count: int) -> bytes:
        start = 2 * self._played
        self._played += sample_count
        self._tell()
        return self._tone[start : 2 * self._played].ljust(2 * sample_count, b"\0")

    def set_talking(self, *, talking: bool) -> None:
        """Nobody talks to anybody here."""

    def _tell(self) -> None:
        heard_out = not self._hears or self.heard >= LISTEN_S * RATE_HZ
        played_out = not self._plays or self._played >= (TONE_S + PLAYED_OUT_S) * RATE_HZ
        if heard_out and played_out and not self._told:
            self._told = True
            self._on_enough()


def _both(microphone: Outcome, speaker: Outcome) -> Outcome:
    """As grave as the graver of the two."""
    parts = (microphone, speaker)
    return Outcome(
        max((part.state for part in parts), key=_GRAVITY.index),
        "; ".join(part.detail for part in parts),
        " ".join(dict.fromkeys(part.remedy for part in parts if part.remedy)),
    )


def _tone() -> bytes:
    """Mono int16 at 48 kHz, faded in and out so that it does not click."""
    at_s = np.arange(round(TONE_S * RATE_HZ)) / RATE_HZ
    fade = np.clip(np.minimum(at_s, TONE_S - at_s) / FADE_S, 0.0, 1.0)
    wave = np.sin(2.0 * np.pi * TONE_HZ * at_s) * fade * 10.0 ** (TONE_DBFS / 20.0)
    return (wave * 32767.0).astype("<i2").tobytes()
