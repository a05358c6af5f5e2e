from collections.abc import Callable
from typing import Any

import pytest

from app.domain.preset_rules import OutOfRangeError
from app.domain.preset_services import (
    AnyService,
    CatalogueService,
    PiperJoe,
    Realtime,
    Services,
    SmolLm2,
    WhisperTinyEn,
    spoken_name,
)
from app.domain.services import ServiceKind

STT = WhisperTinyEn(service="whisper-tiny-en")
LLM = SmolLm2(service="smollm2-135m")
TTS = PiperJoe(service="piper-joe")


def make(owner: Callable[..., object], settings: dict[str, Any]) -> None:
    owner(**settings)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"service": ""}, ("service",)),
        ({"service": "piper-joe"}, ("service",)),
        ({"service": "Deepgram"}, ("service",)),
        ({"url": "127.0.0.1:8000"}, ("url",)),
        ({"url": "ftp://host"}, ("url",)),
        ({"url": "http://"}, ("url",)),
        ({"url": "http://host:99999"}, ("url",)),
        ({"url": "http://[::1"}, ("url",)),
        ({"url": "https://me:secret@host/v1"}, ("url",)),
        ({"settings": {"api_key": "x"}}, ("settings", "api_key")),
        ({"options": {"headers": {"X-Api-Key": "x"}}}, ("options", "headers", "X-Api-Key")),
        ({"settings": {"model": "x"}}, ("settings", "model")),
        ({"settings": {"voice": "x"}}, ("settings", "voice")),
    ],
)
def test_a_service_refuses_what_it_cannot_be(wrong: dict[str, Any], path: tuple[str | int, ...]):
    with pytest.raises(OutOfRangeError) as refused:
        make(CatalogueService, {"service": "openai_llm", **wrong})

    assert refused.value.path == path


@pytest.mark.parametrize(
    "url", ["", "http://127.0.0.1:11434/v1", "wss://host/path", "http://[::1]:1"]
)
def test_a_service_can_be_at_any_address(url: str):
    assert CatalogueService(service="openai_llm", url=url).url == url


def test_one_that_takes_over_has_nobody_behind_it():
    second = CatalogueService(service="groq_llm", fallback=(LLM,))

    for owner, service in ((CatalogueService, "openai_llm"), (SmolLm2, "smollm2-135m")):
        with pytest.raises(OutOfRangeError) as refused:
            make(owner, {"service": service, "fallback": (LLM, second)})
        assert refused.value.path == ("fallback", 1, "fallback")


def test_one_that_takes_over_does_the_same_work():
    wrong: dict[str, AnyService] = {
        "stt": CatalogueService(service="deepgram_stt", fallback=(STT, TTS)),
        "llm": CatalogueService(service="openai_llm", fallback=(LLM, STT)),
        "tts": CatalogueService(service="cartesia_tts", fallback=(TTS, LLM)),
    }
    right: dict[str, Any] = {"stt": STT, "llm": LLM, "tts": TTS}

    for part, service in wrong.items():
        with pytest.raises(OutOfRangeError) as refused:
            make(Services, {**right, part: service})
        assert refused.value.path == (part, "fallback", 1, "service")
    with pytest.raises(OutOfRangeError) as refused:
        Realtime(realtime=CatalogueService(service="openai_realtime", fallback=(LLM,)))
    assert refused.value.path == ("realtime", "fallback", 0, "service")


def test_chains_begin_with_the_first_service():
    deepgram = CatalogueService(service="deepgram_stt", fallback=(STT,))
    cascade = Services(stt=deepgram, llm=LLM, tts=TTS)
    gemini = CatalogueService(service="gemini_live_realtime")
    both = CatalogueService(service="openai_realtime", fallback=(gemini,))

    assert cascade.chains == (
        (ServiceKind.STT, (deepgram, STT)),
        (ServiceKind.LLM, (LLM,)),
        (ServiceKind.TTS, (TTS,)),
    )
    assert Realtime(realtime=both).chains == ((ServiceKind.REALTIME, (both, gemini)),)


def test_a_voice_without_a_model_is_recorded_by_its_voice():
    service = CatalogueService(service="cartesia_tts", voice="katie")

    assert service.described(ServiceKind.TTS).model == "katie"
    assert service.described(ServiceKind.STT).model == ""


@pytest.mark.parametrize(
    ("service_id", "name"),
    [
        ("deepgram_stt", "Deepgram"),
        ("openai_realtime", "OpenAI realtime"),
        ("xai_tts", "xAI"),
        ("aws_polly_tts", "AWS polly"),
        ("cartesia_http_tts", "Cartesia HTTP"),
        ("llm", "Llm"),
    ],
)
def test_a_service_is_called_by_its_providers_name(service_id: str, name: str):
    assert spoken_name(service_id) == name
