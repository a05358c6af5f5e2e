"""A LiveKit client that knows nothing of Greenroom: joins by a join-info file, asks, and times the answer itself.

    python -P tests/support/outside_caller.py JOIN_INFO QUESTION.wav

Prints one JSON object: {"answered": bool, "gap_ms": float|null, "heard_s": float}. The gap is measured in this
client's own audio: from the last loud block that left its source to the first loud block that reached it.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import soundfile
import soxr
from livekit import rtc
from numpy.typing import NDArray

RATE_HZ = 48_000
BLOCK = RATE_HZ // 100
LOUD_DBFS = -45.0
SETTLE_S = 1.0
ANSWER_DEADLINE_S = 20.0
QUIET_AFTER_S = 1.5


def loudness_dbfs(block: NDArray[np.int16]) -> float:
    samples = block.astype(np.float64) / 32768.0
    return float(20 * np.log10(max(1e-6, np.sqrt(np.mean(samples**2)))))


def speech(path: Path) -> NDArray[np.int16]:
    samples, rate_hz = cast(
        "tuple[NDArray[np.float32], int]",
        soundfile.read(path, dtype="float32", always_2d=True),  # pyright: ignore[reportUnknownMemberType]
    )
    mono: NDArray[np.float32] = soxr.resample(samples.mean(axis=1), rate_hz, RATE_HZ)
    pcm = (np.clip(mono, -1, 1) * 32767).astype(np.int16)
    blocks = pcm[: len(pcm) // BLOCK * BLOCK].reshape(-1, BLOCK)
    loud = [index for index, block in enumerate(blocks) if loudness_dbfs(block) > LOUD_DBFS]
    return blocks[: loud[-1] + 1].reshape(-1)


class OutsideCaller:
    def __init__(self) -> None:
        self.room = rtc.Room()
        self.loud_at: list[float] = []
        self.source = rtc.AudioSource(RATE_HZ, 1, queue_size_ms=50)
        self.tasks: set[asyncio.Task[None]] = set()
        cast("Any", self.room).on("track_subscribed", self._subscribed)

    def _subscribed(self, track: Any, _publication: Any, _participant: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._listen(track))
        self.tasks.add(task)

    async def _listen(self, track: Any) -> None:
        stream = rtc.AudioStream(track, sample_rate=RATE_HZ, num_channels=1, frame_size_ms=10)
        async for event in stream:
            block = np.frombuffer(event.frame.data, dtype=np.int16)
            if loudness_dbfs(block) > LOUD_DBFS:
                self.loud_at.append(time.time() - len(block) / RATE_HZ)

    async def join(self, info: dict[str, str]) -> None:
        await self.room.connect(info["url"], info["token"])
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(track, options)

    async def say(self, pcm: NDArray[np.int16]) -> None:
        for start in range(0, len(pcm), BLOCK):
            block = pcm[start : start + BLOCK]
            await self.source.capture_frame(rtc.AudioFrame(block.tobytes(), RATE_HZ, 1, len(block)))

    async def silence(self, seconds: float) -> None:
        await self.say(np.zeros(int(seconds * 100) * BLOCK, np.int16))

    async def ask(self, pcm: NDArray[np.int16]) -> dict[str, Any]:
        await self.say(pcm)
        stopped = time.time() + self.source.queued_duration
        while time.time() - stopped < ANSWER_DEADLINE_S:
            await self.silence(0.1)
            heard = [at for at in self.loud_at if at > stopped]
            if heard and time.time() - heard[-1] > QUIET_AFTER_S:
                return {
                    "answered": True,
                    "gap_ms": (heard[0] - stopped) * 1000,
                    "heard_s": len(heard) / 100,
                }
        return {"answered": False, "gap_ms": None, "heard_s": 0.0}


async def call(info: dict[str, str], pcm: NDArray[np.int16]) -> dict[str, Any]:
    caller = OutsideCaller()
    await caller.join(info)
    await caller.silence(SETTLE_S)
    result = await caller.ask(pcm)
    await caller.room.disconnect()
    for task in caller.tasks:
        task.cancel()
    await asyncio.gather(*caller.tasks, return_exceptions=True)
    return result


def main(info_path: Path, question: Path) -> None:
    answer = asyncio.run(call(json.loads(info_path.read_text()), speech(question)))
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
