"""Whether sound gets from one participant to another, and back."""

import asyncio
from dataclasses import dataclass
from statistics import median

from livekit import rtc

from app.domain.step_outcome import Outcome, failed, ok, skipped, warning
from app.media.connection_test.party import Party
from app.media.connection_test.tone import SENT_DBFS, tone_blocks
from app.media.connection_test.trial import Trial
from app.media.microphone_track import SILENT_BLOCK, MicrophoneTrack

TONE_S = 1.2
SILENCE_BLOCKS = 40
"""Before the tone: the jitter buffer settles. After it: the rest of the tone arrives."""
SUBSCRIBED_S = 5.0
LEAST_HEARD = 0.5
"""Of the tone's blocks: below that it counts as not heard."""
FAINTER_DB = 10.0
LONG_MS = 400.0
MUCH_LOST = 0.03


@dataclass(frozen=True, slots=True)
class Heard:
    """What arrived of a tone."""

    share: float
    """Of its blocks, 0 to 1."""
    dbfs: float
    delay_ms: float
    """From the source of one to the ear of the other, jitter buffer included."""
    lost: float
    """Share of the packets."""


async def sound(trial: Trial) -> Outcome:
    """Send a tone from each of two participants to the other. Raises UserError."""
    if trial.way is None:
        return skipped("no media gets through")
    one, other = await trial.pair(trial.way)
    there = await _send(one, other, trial)
    back = await _send(other, one, trial) if there is not None else None
    if there is None or back is None:
        return failed("no track arrives", "Look at the server's log.")
    return _judge(there, back)


async def _send(speaker: Party, listener: Party, trial: Trial) -> Heard | None:
    """None when the listener is not given the speaker's track."""
    microphone = speaker.microphone or await speaker.publish()
    if not await _subscribed(listener, microphone):
        return None
    assert listener.meter is not None
    meter = listener.meter
    await _say(microphone, [SILENT_BLOCK] * SILENCE_BLOCKS)
    left_at = trial.clock.now() + microphone.queued_s
    tone = tone_blocks(TONE_S)
    await _say(microphone, [*tone, *[SILENT_BLOCK] * SILENCE_BLOCKS])
    arrived = meter.tone_since(left_at)
    return Heard(
        share=len(arrived) / len(tone),
        dbfs=median([block.dbfs for block in arrived]) if arrived else 0.0,
        delay_ms=(arrived[0].at - left_at) * 1000.0 if arrived else 0.0,
        lost=await _lost(meter.track),
    )


async def _subscribed(listener: Party, microphone: MicrophoneTrack) -> bool:
    """Keep the track alive with silence until the other one has it."""
    try:
        async with asyncio.timeout(SUBSCRIBED_S):
            while listener.meter is None or not listener.meter.blocks:
                await microphone.write(SILENT_BLOCK)
    except TimeoutError:
        return False
    return True


async def _say(microphone: MicrophoneTrack, blocks: list[bytes]) -> None:
    for block in blocks:
        await microphone.write(block)


async def _lost(track: rtc.RemoteAudioTrack) -> float:
    """The share of a track's packets that did not arrive."""
    async with asyncio.timeout(SUBSCRIBED_S):
        entries = await track.get_stats()
    for entry in entries:
        if entry.WhichOneof("stats") == "inbound_rtp":
            received = entry.inbound_rtp.received
            total = received.packets_received + received.packets_lost
            return max(0, received.packets_lost) / total if total > 0 else 0.0
    return 0.0


def _judge(there: Heard, back: Heard) -> Outcome:
    ways = (there, back)
    if any(way.share < LEAST_HEARD for way in ways):
        share = min(way.share for way in ways)
        return failed(
            f"{share:.0%} of a tone is heard", "Packets are lost on the way: look at the network."
        )
    dbfs = min(way.dbfs for way in ways)
    delay_ms, lost = max(way.delay_ms for way in ways), max(way.lost for way in ways)
    words = f"heard both ways at {dbfs:.0f} dBFS, {delay_ms:.0f} ms one way, {lost:.0%} lost"
    if delay_ms > LONG_MS:
        return warning(words, "Talk is slow over this way: use a server that is nearer.")
    if lost > MUCH_LOST:
        return warning(words, "Packets are lost on the way: Wi-Fi, or a line that is full?")
    if dbfs < SENT_DBFS - FAINTER_DB:
        return warning(words, f"The tone was sent at {SENT_DBFS:.0f} dBFS.")
    return ok(words)
