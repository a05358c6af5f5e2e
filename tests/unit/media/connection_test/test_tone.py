import numpy as np
import pytest
from livekit import rtc

from app.media.connection_test.tone import SENT_DBFS, Block, ToneMeter, tone_blocks


class NoTrack(rtc.RemoteAudioTrack):
    def __init__(self) -> None:
        pass


def measured(*blocks: bytes) -> list[Block]:
    meter = ToneMeter(NoTrack())
    for number, block in enumerate(blocks, 1):
        meter.take(block, float(number))
    return meter.blocks


def test_its_own_tone_is_heard_as_loud_as_it_is_sent() -> None:
    blocks = measured(*tone_blocks(0.1))

    assert len(blocks) == 10
    assert all(block.is_tone for block in blocks)
    assert all(block.dbfs == pytest.approx(SENT_DBFS, abs=0.5) for block in blocks)


def test_neither_silence_nor_noise_is_the_tone() -> None:
    noise = np.random.default_rng(1).normal(0, 3000, 480).astype("<i2").tobytes()

    assert not any(block.is_tone for block in measured(bytes(960), noise))


def test_only_what_arrived_later_counts() -> None:
    meter = ToneMeter(NoTrack())
    for number, block in enumerate(tone_blocks(0.03), 1):
        meter.take(block, float(number))

    assert [block.at for block in meter.tone_since(1.0)] == [2.0, 3.0]
