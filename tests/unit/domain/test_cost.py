"""What calls cost, from what their services have used."""

import pytest

from app.domain.call import Call, Usage
from app.domain.cost import Cost, cost_of, known_cost, part_of, usd
from app.domain.facts import PricesNoted, Service, ServiceUsed
from app.domain.prices import Price
from tests.unit.domain.conversation import T0, opened


def price(service: str, model: str = "*", **amounts: float) -> Price:
    return Price(service=service, model=model, as_of="2026-11-05", source="a page", **amounts)  # pyright: ignore[reportArgumentType]


PRICES = (
    price("deepgram_stt", "nova-3*", audio_hour=0.288),
    price("openai_llm", "gpt-4.1-mini*", input=0.4, cached_input=0.1, output=1.6),
    price("anthropic_llm", input=1.0, cached_input=0.1, cache_write=1.25, output=5.0),
    price(
        "openai_realtime",
        input=4.0,
        cached_input=0.4,
        output=16.0,
        audio_input=32.0,
        cached_audio_input=0.5,
        audio_output=64.0,
    ),
    price("elevenlabs_tts", characters=50.0),
    Price(service="piper-joe", as_of="", source="this computer", free=True),
)


def used(kind: str, processor: str, model: str | None = None, **amounts: float) -> ServiceUsed:
    return ServiceUsed(at=T0, kind=kind, processor=processor, model=model, **amounts)  # pyright: ignore[reportArgumentType]


def cost(*facts: ServiceUsed, kind: str = "preset", trouble: str = "") -> Cost:
    call = Call()
    call.apply([opened(agent_kind=kind), PricesNoted(at=T0, prices=PRICES, trouble=trouble)])
    call.apply(facts)
    return cost_of(call)


def test_a_local_agent_costs_nothing():
    found = cost(kind="local")
    assert (found.total, found.words, found.complete) == (0.0, "$0.00", True)


def test_an_unknown_cost_is_not_zero():
    call = Call()
    call.apply([opened(agent_kind="preset")])
    found = cost_of(call)
    assert (found.total, found.words, found.complete) == (None, "unknown", False)
    assert "not known" in found.note


def test_an_agent_that_is_not_ours_costs_somebody_else():
    assert "not ours" in cost(kind="watched").note


def test_nothing_used_is_no_known_cost():
    found = cost()
    assert found.total is None
    assert "Nothing was used yet" in found.note


def test_the_parts_of_a_cascade_add_up():
    found = cost(
        used("stt", "DeepgramSTTService#0", "nova-3-general", audio_s=30.0),
        used("stt", "DeepgramSTTService#0", "nova-3-general", audio_s=30.0),
        used(
            "llm",
            "OpenAILLMService#2",
            "gpt-4.1-mini-2025-04-14",
            prompt_tokens=1000,
            cached_tokens=400,
            completion_tokens=100,
        ),
        used("tts", "ElevenLabsTTSService#1", characters=200),
        used("tts", "PiperJoeService#0", characters=200),
    )
    expected = 0.0048 + (600 * 0.4 + 400 * 0.1 + 100 * 1.6) / 1e6 + 0.01
    assert found.total == pytest.approx(expected)
    assert found.complete
    assert len(found.parts) == 4
    assert "estimate" in found.note
    assert "as of 2026-11-05." in found.note


def test_what_has_no_price_is_named():
    found = cost(
        used("tts", "ElevenLabsTTSService#1", characters=400),
        used("tts", "CartesiaTTSService#0", "sonic-3", characters=10),
        used("tts", "OtherTTSService#0", characters=10),
        trouble="prices.yaml, line 3: no YAML.",
    )
    assert found.words == "at least $0.02"
    assert not found.complete
    assert "No price for CartesiaTTSService (sonic-3), OtherTTSService." in found.note
    assert "line 3" in found.note


def test_an_amount_without_its_price_makes_the_cost_partly_known():
    found = cost(used("llm", "ElevenLabsTTSService#0", characters=100, prompt_tokens=5))
    assert found.total == pytest.approx(0.005)
    assert not found.complete
    assert "No price for input of ElevenLabsTTSService" in found.note


def test_anthropic_leaves_the_cached_tokens_out_of_its_prompt():
    tokens = {
        "prompt_tokens": 100,
        "cached_tokens": 1000,
        "cache_write_tokens": 10,
        "completion_tokens": 1,
    }
    found = cost(used("llm", "AnthropicLLMService#0", "claude", **tokens))
    assert found.total == pytest.approx((100 + 100 + 12.5 + 5) / 1e6)


def test_spoken_tokens_have_prices_of_their_own():
    found = cost(
        used(
            "llm",
            "OpenAIRealtimeLLMService#0",
            prompt_tokens=1000,
            input_audio_tokens=600,
            cached_tokens=300,
            cached_audio_tokens=200,
            completion_tokens=100,
            output_audio_tokens=80,
        )
    )
    text = 300 * 4.0 + 100 * 0.4 + 20 * 16.0
    spoken = 400 * 32.0 + 200 * 0.5 + 80 * 64.0
    assert found.total == pytest.approx((text + spoken) / 1e6)


@pytest.mark.parametrize(("part", "kind"), [("llm", "llm"), ("realtime", "llm")])
def test_a_service_that_tells_no_model_has_the_one_it_was_started_with(part: str, kind: str):
    services = (
        Service(part="stt", name="Deepgram"),
        Service(part=part, name="OpenAI", model="gpt-4.1-mini"),
    )
    fact = used(kind, "OpenAILLMService#0", prompt_tokens=1_000_000)
    assert known_cost(fact, PRICES, services) == pytest.approx(0.4)
    assert known_cost(fact, PRICES, ()) == 0.0
    assert part_of(Usage(kind, "OpenAILLMService#0", None), PRICES, ()).usd is None


def test_prices_of_several_days_are_told_from_the_first_to_the_last():
    call = Call()
    older = Price(service="a_tts", as_of="2026-01-02", source="", characters=1.0)
    call.apply([opened(agent_kind="bot"), PricesNoted(at=T0, prices=(older, *PRICES))])
    call.apply([used("tts", "ATTSService#0", characters=1), used("tts", "ElevenLabsTTS#0")])
    assert "as of 2026-01-02 to 2026-11-05" in cost_of(call).note


@pytest.mark.parametrize(
    ("amount", "text"), [(0.0, "$0.00"), (1.5, "$1.50"), (0.0213, "$0.02"), (0.00134, "$0.0013")]
)
def test_amounts_have_as_many_digits_as_tell_something(amount: float, text: str):
    assert usd(amount) == text
