"""Which price counts for what."""

import pytest

from app.domain.preset_prices import THIS_COMPUTER, prices_for, unpriced
from app.domain.preset_services import CatalogueService, PiperJoe, Services, WhisperTinyEn
from app.domain.presets import Preset
from app.domain.prices import Price, key_of, price_of
from app.domain.services import ServiceEntry, ServiceKind, Setting, SettingForm

MINI = Price(service="openai_llm", model="gpt-4.1-mini*", as_of="", source="")
ANY = Price(service="google_gemini_llm", class_name="GoogleLLMService", as_of="", source="")


@pytest.mark.parametrize(
    ("service", "key"),
    [
        ("OpenAILLMService#3", "openai"),
        ("openai_llm", "openai"),
        ("DeepgramSTTService", "deepgramstt"),
        ("deepgram_stt", "deepgramstt"),
        ("OpenAIRealtimeLLMService#0", "openairealtime"),
        ("piper-joe", "piperjoe"),
    ],
)
def test_ids_classes_and_processors_have_one_key(service: str, key: str):
    assert key_of(service) == key


def test_the_first_price_that_matches_counts():
    own = Price(service="openai_llm", model="gpt-4.1-mini", as_of="", source="mine")
    assert price_of((own, MINI), "openai_llm", "gpt-4.1-mini") is own
    assert price_of((own, MINI), "OpenAILLMService#1", "gpt-4.1-mini-2025-04-14") is MINI
    assert price_of((own, MINI), "openai_llm", "gpt-4.1") is None
    assert price_of((MINI,), "openai_llm", None) is None


def test_a_class_that_is_not_the_id_is_named():
    assert price_of((ANY,), "GoogleLLMService#0", None) is ANY
    assert price_of((ANY,), "google_gemini_llm", "gemini") is ANY


def preset(llm: CatalogueService) -> Preset:
    services = Services(
        stt=WhisperTinyEn(service="whisper-tiny-en"), llm=llm, tts=PiperJoe(service="piper-joe")
    )
    return Preset(id="a", name="A", services=services, instructions="Be brief.")


def entry(model: str | None) -> ServiceEntry:
    setting = Setting("model", SettingForm.TEXT, model)
    return ServiceEntry(
        id="openai_llm",
        kind=ServiceKind.LLM,
        label="OpenAI",
        module="",
        class_name="OpenAILLMService",
        extras=(),
        installed=True,
        local=False,
        credentials=(),
        settings=(setting,),
        options=(),
    )


def test_what_has_no_price_is_named_with_its_model():
    other = CatalogueService(service="other_llm")
    asked = preset(CatalogueService(service="openai_llm", model="o9", fallback=(other,)))
    entries = {"openai_llm": entry("gpt-4.1-mini")}
    assert unpriced(asked, (MINI,), entries) == ("OpenAI (o9)", "other_llm")
    assert unpriced(preset(CatalogueService(service="openai_llm")), (MINI,), entries) == ()
    assert unpriced(preset(CatalogueService(service="openai_llm")), (MINI,), {}) == ("openai_llm",)


def test_a_service_on_this_computer_is_free():
    url = "http://127.0.0.1:11434/v1"
    here = preset(CatalogueService(service="openai_llm", model="qwen3", url=url))
    found = price_of(prices_for(here, (MINI,)), "OpenAILLMService#0", "qwen3")
    assert found is not None
    assert (found.free, found.source) == (True, THIS_COMPUTER)
    away = preset(CatalogueService(service="openai_llm", url="https://example.com/v1"))
    assert prices_for(away, (MINI,)) == (MINI,)
    proxy = preset(CatalogueService(service="openai_llm", model="gpt-4.1-mini", url=url))
    assert price_of(prices_for(proxy, (MINI,)), "openai_llm", "gpt-4.1-mini") is MINI
