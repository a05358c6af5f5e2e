"""The operator in a real room: a microphone goes in, a speaker comes out."""

import asyncio
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import pytest

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.facts import Edge, Lane, LevelMeasured, SpeechEdge, Tap
from app.domain.ports import OperatorAudio
from app.media import tokens
from app.media.mouth import Mouth
from app.runtime.clock import AnchoredClock
from tests.support.livekit import RATE_HZ, Participant, Pcm, rms_dbfs, silence, strength, tone
from tests.support.posted import Posted, report, until

CLOCK = AnchoredClock()
CHUNK = 1023
"""What a microphone delivers at a time under PulseAudio: 21.3 ms."""


def voice(seconds: float, pitch_hz: float = 200.0) -> Pcm:
    """Harmonics that come and go four times a second: noise suppression takes a steady tone for noise."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    waves = sum(np.sin(2 * np.pi * pitch_hz * n * times) / n for n in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 4 * times), 0.0, 1.0)
    return np.round(6000 * waves * syllables).astype(np.int16)


@contextmanager
def devices(audio: OperatorAudio, speaks: Pcm, played: list[Pcm]) -> Generator[None]:
    """A microphone and a speaker on a thread of their own: `speaks` once, then silence."""
    stop = threading.Event()

    def run() -> None:
        position, begun = 0, time.monotonic()
        while not stop.is_set():
            chunk = speaks[position : position + CHUNK]
            audio.push_microphone(np.pad(chunk, (0, CHUNK - chunk.size)).tobytes())
            played.append(np.frombuffer(audio.pull_speaker(CHUNK), np.int16))
            position += CHUNK
            time.sleep(max(0.0, begun + position / RATE_HZ - time.monotonic()))

    thread = threading.Thread(target=run, name="devices")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def join(server: ServerAccess, room: str, posted: Posted) -> Mouth:
    mouth = Mouth(posted, CLOCK)
    await mouth.join(tokens.caller_access(server, room, "you", "You"))
    return mouth


@pytest.fixture
async def agent(livekit_server: ServerAccess, room: str) -> Participant:
    bot = Participant(tokens.agent_access(livekit_server, room, "agent"))
    await bot.join()
    return bot


def edges(posted: Posted, lane: Lane) -> list[Edge]:
    return [f.edge for f in posted.of(SpeechEdge) if f.lane is lane and f.tap is Tap.CALLER]


async def test_the_agent_hears_the_microphone(
    livekit_server: ServerAccess, room: str, agent: Participant
) -> None:
    posted = Posted()
    mouth = await join(livekit_server, room, posted)

    spoken = np.concatenate([silence(0.5), voice(2.0), silence(2.0)])
    with devices(mouth, spoken, []):
        await until(lambda: Edge.OFFSET in edges(posted, Lane.CALLER), 8, "speech")
        await asyncio.sleep(0.3)
    await mouth.leave()

    heard = agent.all_heard()
    blocks = heard[: heard.size // 480 * 480].reshape(-1, 480)
    loud_s = sum(rms_dbfs(block) > -45 for block in blocks) / 100
    report(f"of 2 s spoken (half of it pauses) {loud_s:.2f} s arrived loud")
    assert 0.8 <= loud_s <= 2.2
    levels = posted.sampled(LevelMeasured)
    assert {f.lane for f in levels} == {Lane.OPERATOR}
    assert max(f.peak_dbfs for f in levels) == pytest.approx(
        20 * np.log10(np.abs(voice(2.0)).max() / 32768), abs=0.2
    )
    assert mouth.dropped_samples == 0
    await agent.leave()


async def test_a_closed_microphone_sends_silence(
    livekit_server: ServerAccess, room: str, agent: Participant
) -> None:
    posted = Posted()
    mouth = await join(livekit_server, room, posted)
    mouth.set_talking(talking=False)

    with devices(mouth, voice(1.5), []):
        await until(lambda: len(posted.samples) > 40, 5, "levels")
    await mouth.leave()

    assert agent.all_heard().size > 0
    assert rms_dbfs(agent.all_heard()) < -60
    assert max(f.peak_dbfs for f in posted.sampled(LevelMeasured)) > -20
    assert edges(posted, Lane.CALLER) == []
    await agent.leave()


async def test_the_speaker_plays_everybody_else(
    livekit_server: ServerAccess, room: str, agent: Participant
) -> None:
    posted, played = Posted(), list[Pcm]()
    mouth = await join(livekit_server, room, posted)
    guest = Participant(tokens.caller_access(livekit_server, room, "guest"))
    await guest.join()

    with devices(mouth, silence(0), played):
        await agent.say(silence(1.0))
        played.clear()
        await asyncio.gather(
            agent.say(np.concatenate([tone(1.5, 500), silence(0.5)])),
            guest.say(np.concatenate([tone(1.5, 1500), silence(0.5)])),
        )
        await until(lambda: Edge.OFFSET in edges(posted, Lane.AGENT), 5, "the agent's end")
    await mouth.leave()

    heard = np.concatenate(played)
    assert strength(heard, 500) > 0.35
    assert strength(heard, 1500) > 0.35
    assert edges(posted, Lane.AGENT) == [Edge.ONSET, Edge.OFFSET]
    await guest.leave()
    await agent.leave()


async def test_a_microphone_that_stops_is_replaced_by_silence(
    livekit_server: ServerAccess, room: str, agent: Participant
) -> None:
    posted = Posted()
    mouth = await join(livekit_server, room, posted)
    with devices(mouth, voice(0.6), []):
        await until(lambda: Edge.ONSET in edges(posted, Lane.CALLER), 5, "speech")

    await until(lambda: Edge.OFFSET in edges(posted, Lane.CALLER), 3, "silence")

    await mouth.leave()
    mouth.push_microphone(bytes(960))
    assert len(mouth.pull_speaker(480)) == 960
    await agent.leave()


async def test_says_when_the_server_does_not_let_it_speak(
    livekit_server: ServerAccess, room: str
) -> None:
    mouth = Mouth(Posted(), CLOCK)

    with pytest.raises(UserError, match=f"mute may not speak in {room}"):
        await mouth.join(tokens.ear_access(livekit_server, room, "mute"))

    await mouth.leave()
