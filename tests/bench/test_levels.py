"""How exactly levels and edges of speech are measured."""

from collections.abc import Callable

import numpy as np

from app.domain.facts import Edge
from app.domain.speech import BLOCK_S, SpeechDetector
from app.runtime.pcm import level

Report = Callable[[str, str, str], None]
RATE_HZ = 48_000


def test_meter_against_a_reference_tone(figure: Report) -> None:
    times = np.arange(RATE_HZ // 100) / RATE_HZ
    errors: list[float] = []
    for peak_dbfs in range(-50, 1):
        wave = 32767 * 10 ** (peak_dbfs / 20) * np.sin(2 * np.pi * 1000 * times + np.pi / 4)
        measured = level(np.round(wave).astype(np.int16))
        errors.append(abs(measured.peak_dbfs - peak_dbfs))

    figure(
        "meter against a 1 kHz tone, -50 to 0 dBFS",
        f"worst {max(errors):.3f} dB, n={len(errors)}",
        "0.1 dB",
    )


def test_edges_of_noise_bursts(figure: Report) -> None:
    """Bursts that begin and end anywhere in a block, over a floor of -70 dBFS."""
    random = np.random.default_rng(7)
    errors_ms: list[float] = []
    for _ in range(200):
        onset_s, offset_s = random.uniform(0.3, 0.5), random.uniform(0.9, 1.3)
        found = _edges(random, onset_s, offset_s)
        errors_ms += [
            abs(found[Edge.ONSET] - onset_s) * 1e3,
            abs(found[Edge.OFFSET] - offset_s) * 1e3,
        ]

    p95 = float(np.percentile(errors_ms, 95))
    figure(
        "edges of injected bursts in the agent's audio",
        f"p95 {p95:.1f} ms, n={len(errors_ms)}",
        "10 ms p95",
    )


def _edges(random: np.random.Generator, onset_s: float, offset_s: float) -> dict[Edge, float]:
    samples = random.standard_normal(int(1.8 * RATE_HZ)) * 32768 * 10 ** (-70 / 20)
    burst = slice(int(onset_s * RATE_HZ), int(offset_s * RATE_HZ))
    samples[burst] += random.standard_normal(samples[burst].size) * 32768 * 10 ** (-20 / 20)
    detector = SpeechDetector()
    blocks = np.clip(samples, -32768, 32767).astype(np.int16).reshape(-1, RATE_HZ // 100)
    found = [detector.feed(i * BLOCK_S, level(block).rms_dbfs) for i, block in enumerate(blocks)]
    return {edge.edge: edge.at for edge in found if edge is not None}
