"""The real local models: what they hear, what they say, and whom they listen to."""

import ipaddress
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np
import psutil
import pytest
import soxr
import yaml
from numpy.typing import NDArray
from openai import AuthenticationError, OpenAI

from app.agent import transcriber
from app.agent.llama_server import LlamaServer
from app.agent.local_models import LoadedModels, LocalModels
from app.agent.preset_file import find_preset, load_preset
from app.agent.transcriber import SAMPLE_RATE_HZ, Transcriber
from app.agent.voice import SAMPLE_RATE_HZ as VOICE_RATE_HZ
from app.agent.voice import Voice
from app.domain.facts import StepProgressed
from app.runtime.resources import resource
from tests.support.agents import CLOCK, question
from tests.support.livekit import RATE_HZ
from tests.support.posted import until

Samples = NDArray[np.int16]


def shipped_questions() -> list[tuple[str, str]]:
    """Name and words of each question that ships."""
    listed = yaml.safe_load(resource("audio/questions.yaml").read_text(encoding="utf-8"))
    entries = cast("list[dict[str, str]]", listed)
    return [(Path(entry["file"]).stem, entry["text"]) for entry in entries]


def at_16_khz(samples: Samples, rate_hz: int) -> Samples:
    return soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ).astype(np.int16)


def with_silence(samples: Samples) -> Samples:
    half_second = np.zeros(SAMPLE_RATE_HZ // 2, np.int16)
    return np.concatenate([half_second, samples, half_second])


def hears(models: LoadedModels) -> Transcriber:
    assert models.transcriber is not None
    return models.transcriber


def thinks(models: LoadedModels) -> LlamaServer:
    assert models.llama is not None
    return models.llama


def speaks(models: LoadedModels) -> Voice:
    assert models.voice is not None
    return models.voice


def test_three_questions_ship():
    assert len(shipped_questions()) == 3
    for name, _ in shipped_questions():
        assert resource(f"audio/{name}.wav").stat().st_size < 200_000


@pytest.mark.parametrize(("name", "words"), shipped_questions())
@pytest.mark.parametrize("short_window", [True, False], ids=["short window", "full window"])
def test_the_shipped_questions_are_understood(
    local_models: LoadedModels, name: str, words: str, short_window: bool
):
    spoken = with_silence(at_16_khz(question(name), RATE_HZ))

    assert hears(local_models).transcribe(spoken, short_window=short_window) == words


def test_what_the_voice_says_is_understood_and_begins_at_once(local_models: LoadedModels):
    words = "We close at seven in the evening."
    spoken = speaks(local_models).speak(words)
    faster = speaks(local_models).speak(words, speed=1.5)

    heard = hears(local_models).transcribe(
        with_silence(at_16_khz(spoken, VOICE_RATE_HZ)), short_window=True
    )
    assert heard == words
    assert np.abs(spoken).max() < 32767
    assert np.flatnonzero(np.abs(spoken) > 300)[0] < 0.05 * VOICE_RATE_HZ
    assert len(faster) < 0.8 * len(spoken)
    assert speaks(local_models).speak("").size == 0


def test_noise_is_not_taken_for_words(local_models: LoadedModels):
    rng = np.random.default_rng(1)
    noise = (rng.normal(0.0, 600.0, 2 * SAMPLE_RATE_HZ)).astype(np.int16)
    hum = (1500 * np.sin(np.arange(2 * SAMPLE_RATE_HZ) * 2 * np.pi * 120 / SAMPLE_RATE_HZ)).astype(
        np.int16
    )

    for sound in (noise, hum, np.zeros(SAMPLE_RATE_HZ, np.int16)):
        assert hears(local_models).transcribe(sound, short_window=True) == ""


def test_a_doubtful_decoding_is_made_again_from_the_full_window(
    local_models: LoadedModels, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(transcriber, "ODD_LOG_PROBABILITY", 0.0)
    name, words = shipped_questions()[0]
    spoken = with_silence(at_16_khz(question(name), RATE_HZ))

    assert hears(local_models).transcribe(spoken, short_window=True) == words


def test_long_speech_does_not_fit_the_short_window_and_is_read_whole(local_models: LoadedModels):
    name, _ = shipped_questions()[0]
    once = with_silence(at_16_khz(question(name), RATE_HZ))

    heard = hears(local_models).transcribe(np.tile(once, 9), short_window=True)

    assert heard.count("Monday") >= 8


async def test_what_is_not_wanted_any_more_is_left_when_its_turn_comes(
    local_models: LoadedModels,
):
    name, words = shipped_questions()[0]
    spoken = with_silence(at_16_khz(question(name), RATE_HZ))
    ears = hears(local_models)

    with ThreadPoolExecutor() as pool:
        long = pool.submit(ears.transcribe, np.tile(spoken, 9), short_window=False)
        await until(lambda: ears.busy or long.done(), 10)
        stale = pool.submit(ears.transcribe_if, lambda: False, spoken, short_window=True)
        wanted = pool.submit(ears.transcribe_if, lambda: True, spoken, short_window=True)

        assert stale.result(30) is None
        assert wanted.result(30) == words
    assert not ears.busy


def test_the_language_model_listens_on_loopback_and_to_us_alone(local_models: LoadedModels):
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(os.getpid()).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    stranger = OpenAI(base_url=thinks(local_models).base_url, api_key="guess", max_retries=0)

    assert listening
    assert all(ipaddress.ip_address(ip).is_loopback for ip in listening)
    with stranger, pytest.raises(AuthenticationError):
        stranger.models.list()


def test_loading_tells_its_steps_and_is_done_once(local_models: LoadedModels):
    models = LocalModels()
    told: list[StepProgressed] = []
    preset = load_preset(find_preset("local"))
    try:
        first = models.load(preset, told.append, CLOCK).result(90)
        again = models.load(preset, told.append, CLOCK).result(90)
    finally:
        models.close()

    assert (first.transcriber, first.voice) == (again.transcriber, again.voice)
    assert first.llama is again.llama
    done = [step for step in told if step.took_s is not None]
    assert {step.step: step.label for step in done} == {
        "stt": "Speech recognition",
        "llm": "Language model",
        "tts": "Voice",
    }
    assert done[0].detail.endswith(" s")
    assert sum(step.took_s or 0.0 for step in done[3:]) < 3.0
