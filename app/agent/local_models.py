"""Loads the weights of local agents once per process, away from the UI thread."""

import importlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.agent.conversation import opening
from app.agent.llama_server import LlamaServer, load_llama_server
from app.agent.transcriber import Transcriber, load_transcriber
from app.agent.voice import Voice, load_voice
from app.domain.errors import MissingRequirementError
from app.domain.facts import StepProgressed
from app.domain.ports import Clock
from app.domain.preset_services import PiperJoe, SmolLm2, WhisperTinyEn
from app.domain.presets import Preset

log = logging.getLogger(__name__)

T = TypeVar("T")
Progress = Callable[[StepProgressed], None]
LOADERS = 2
"""Models loaded at a time: loading is work for one core each."""


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """What a preset needs of the local models, warmed and shared with the other agents; None where it does not."""

    transcriber: Transcriber | None = None
    llama: LlamaServer | None = None
    voice: Voice | None = None
    """There for a cascade of other voices too, where it is installed: somebody must say the line when all fail."""


class LoadCancelledError(Exception):
    """Loading was cancelled between two models."""


class LocalModels:
    """Owns the weights of the local models. Any thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(LOADERS, thread_name_prefix="models")
        self._transcriber = _Once("stt", "Speech recognition", "tiny.en", _transcriber)
        self._llama = _Once("llm", "Language model", "SmolLM2", load_llama_server)
        self._voice = _Once("tts", "Voice", "Piper “joe”", _voice)

    def load(self, preset: Preset, progress: Progress, clock: Clock) -> "Future[LoadedModels]":
        """Load and warm what `preset` needs and is not there yet; `progress` is called on the loading threads.

        The future fails with UserError (MissingRequirementError when a package is missing). Cancelling it stops
        the loading before the next model.
        """
        loaded: Future[LoadedModels] = Future()
        run = _Run(progress, clock, loaded.cancelled)
        chosen = _chosen(preset)
        hears = WhisperTinyEn in chosen
        transcribing = self._pool.submit(self._with_pipeline, run, hears=hears)
        speaking = self._pool.submit(self._get_voice, run, preset, chosen)
        thinking = self._pool.submit(self._warm_llama, run, preset, chosen)
        parts: list[Future[Any]] = [transcribing, speaking, thinking]

        def hand_over() -> None:
            self._hand_over(loaded, transcribing, thinking, speaking)

        countdown = _Countdown(len(parts), hand_over)
        for part in parts:
            part.add_done_callback(countdown.one_done)
        return loaded

    def close(self) -> None:
        """Free the weights and end the language model's server. Blocks until a model being loaded is there."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if llama := self._llama.loaded:
            llama.close()

    def _with_pipeline(self, run: "_Run", *, hears: bool) -> Transcriber | None:
        # Pipecat and its voice activity and turn models: imported here, the agent's loop does not stall on them.
        importlib.import_module("app.agent.pipeline")
        return self._transcriber.get(run) if hears else None

    def _get_voice(self, run: "_Run", preset: Preset, chosen: frozenset[type]) -> Voice | None:
        if PiperJoe in chosen:
            return self._voice.get(run)
        if not preset.failover.line:
            return None
        try:
            return self._voice.get(run)
        except MissingRequirementError as error:
            log.info("nobody here says the line when all voices fail: %s", error)
            return None

    def _warm_llama(
        self, run: "_Run", preset: Preset, chosen: frozenset[type]
    ) -> LlamaServer | None:
        if SmolLm2 not in chosen:
            return None
        messages = opening(preset)
        return self._llama.get(run, lambda llama: llama.read(messages))

    def _hand_over(
        self,
        loaded: "Future[LoadedModels]",
        transcriber: "Future[Transcriber | None]",
        llama: "Future[LlamaServer | None]",
        voice: "Future[Voice | None]",
    ) -> None:
        if not loaded.set_running_or_notify_cancel():
            return
        failed = next(
            (error for part in (transcriber, voice, llama) if (error := _error(part))), None
        )
        if failed is not None:
            loaded.set_exception(failed)
            return
        loaded.set_result(LoadedModels(transcriber.result(), llama.result(), voice.result()))


class _Countdown:
    """Calls `finished` when `count` futures are done or cancelled, on the thread of the last. Any thread.

    `concurrent.futures.wait` would wait for ever for those that a pool's shutdown has cancelled.
    """

    def __init__(self, count: int, finished: Callable[[], None]) -> None:
        self._left = count
        self._finished = finished
        self._lock = threading.Lock()

    def one_done(self, _: "Future[Any]") -> None:
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._finished()


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of `load`: whom it tells, and whether it is still wanted."""

    progress: Progress
    clock: Clock
    cancelled: Callable[[], bool]


class _Once(Generic[T]):
    """A model that is loaded when it is first asked for."""

    def __init__(self, step: str, label: str, name: str, load: Callable[[], T]) -> None:
        self._step, self._label, self._name, self._load = step, label, name, load
        self._lock = threading.Lock()
        self.loaded: T | None = None

    def get(self, run: _Run, warm: Callable[[T], None] | None = None) -> T:
        """The model, loaded now if it is not there yet, and warmed in any case."""
        with self._lock:
            if run.cancelled():
                raise LoadCancelledError
            begun = run.clock.now()
            self._tell(run, f"loading {self._name}…")
            model = self.loaded = self._load() if self.loaded is None else self.loaded
            if warm is not None:
                warm(model)
            took_s = run.clock.now() - begun
            self._tell(run, f"{self._name}, {took_s:.1f} s", took_s)
            return model

    def _tell(self, run: _Run, detail: str, took_s: float | None = None) -> None:
        run.progress(
            StepProgressed(
                at=run.clock.now(),
                step=self._step,
                label=self._label,
                detail=detail,
                took_s=took_s,
            )
        )


def _chosen(preset: Preset) -> frozenset[type]:
    """The classes of the services that the preset names, those included that stand by."""
    return frozenset(type(service) for _, chain in preset.services.chains for service in chain)


def _transcriber() -> Transcriber:
    transcriber = load_transcriber()
    transcriber.warm_up()
    return transcriber


def _voice() -> Voice:
    voice = load_voice()
    voice.warm_up()
    return voice


def _error(part: "Future[Any]") -> BaseException | None:
    return LoadCancelledError() if part.cancelled() else part.exception()
