from collections.abc import Callable
from typing import Any

import pytest

from app.domain.facts import Service
from app.domain.preset_rules import OutOfRangeError
from app.domain.preset_services import (
    CatalogueService,
    FirstClause,
    PiperJoe,
    Realtime,
    Services,
    SmolLm2,
    WhisperTinyEn,
)
from app.domain.presets import (
    Example,
    Failover,
    Idle,
    Limits,
    Preset,
    SmartTurn,
    TurnTaking,
    Vad,
)

SERVICES = Services(
    stt=WhisperTinyEn(service="whisper-tiny-en"),
    llm=SmolLm2(service="smollm2-135m"),
    tts=PiperJoe(service="piper-joe"),
)


def preset(instructions: str = " Be brief. ", facts: tuple[str, ...] = ()) -> Preset:
    return Preset(id="p", name="P", services=SERVICES, instructions=instructions, facts=facts)


def test_a_preset_needs_services_a_name_and_instructions_only():
    small = preset()

    assert small.greeting == ""
    assert small.examples == ()
    assert small.turn_taking == TurnTaking(vad=Vad(), smart_turn=SmartTurn(stop_secs=1.2))
    assert small.limits == Limits()
    assert small.idle is None
    assert (small.tools, small.flow, small.failover) == ((), "", Failover())
    assert small.limits.minutes is None
    assert small.limits.cost_usd is None


def test_the_system_prompt_is_the_instructions_and_then_the_facts():
    assert preset().system_prompt == "Be brief."
    assert preset(facts=(" We open at nine.", "We close at five. ")).system_prompt == (
        "Be brief. Facts: We open at nine. We close at five."
    )


def test_a_call_records_what_serves_it():
    assert preset().described_services == (
        Service(part="stt", name="Whisper", model="tiny.en"),
        Service(part="llm", name="SmolLM2", model="135M-Instruct"),
        Service(part="tts", name="Piper", model="joe"),
    )


def test_speech_to_speech_is_recorded_as_one_service():
    service = CatalogueService(service="openai_realtime", model="gpt-realtime-2.1")
    talker = Preset(id="t", name="T", services=Realtime(realtime=service), instructions="Be brief.")

    assert talker.described_services == (
        Service(part="realtime", name="OpenAI realtime", model="gpt-realtime-2.1"),
    )
    assert not talker.is_local


def test_an_agent_is_local_when_all_of_its_services_are_those_that_stand_by_too():
    distant = CatalogueService(service="groq_llm")
    llm = SmolLm2(service="smollm2-135m", fallback=(distant,))
    mixed = Services(stt=SERVICES.stt, llm=llm, tts=SERVICES.tts)

    assert preset().is_local
    assert not Preset(id="m", name="M", services=mixed, instructions="Be brief.").is_local


@pytest.mark.parametrize(
    ("name", "wrong", "path"),
    [
        ("tools", {"tools": ("tools/a.py", "tools/b.sh")}, ("tools", 1)),
        ("flow", {"flow": "flows/booking.py"}, ("flow",)),
    ],
)
def test_a_file_of_another_kind_is_refused(
    name: str, wrong: dict[str, Any], path: tuple[str | int, ...]
):
    with pytest.raises(OutOfRangeError) as refused:
        Preset(id="p", name="P", services=SERVICES, instructions="Be brief.", **wrong)

    assert refused.value.name == name
    assert refused.value.path == path


@pytest.mark.parametrize("name", ["id", "name", "instructions"])
def test_a_preset_without_these_words_is_refused(name: str):
    words = {"id": "p", "name": "P", "instructions": "Be brief.", name: "  "}

    with pytest.raises(OutOfRangeError) as refused:
        Preset(
            id=words["id"],
            name=words["name"],
            instructions=words["instructions"],
            services=SERVICES,
        )

    assert refused.value.name == name


@pytest.mark.parametrize(
    ("name", "make"),
    [
        (
            "partials_every_s",
            lambda: WhisperTinyEn(service="whisper-tiny-en", partials_every_s=-1),
        ),
        ("temperature", lambda: SmolLm2(service="smollm2-135m", temperature=2.1)),
        ("max_tokens", lambda: SmolLm2(service="smollm2-135m", max_tokens=0)),
        ("words_at_comma", lambda: FirstClause(words_at_comma=0)),
        ("words_at_most", lambda: FirstClause(words_at_comma=5, words_at_most=4)),
        ("speed", lambda: PiperJoe(service="piper-joe", speed=3.0)),
        ("confidence", lambda: Vad(confidence=1.5)),
        ("start_secs", lambda: Vad(start_secs=0.0)),
        ("stop_secs", lambda: Vad(stop_secs=9.0)),
        ("min_volume", lambda: Vad(min_volume=-0.1)),
        ("stop_secs", lambda: SmartTurn(stop_secs=0.1)),
        ("start_timeout_s", lambda: Limits(start_timeout_s=0.0)),
        ("goodbye_s", lambda: Limits(goodbye_s=30.0)),
        ("minutes", lambda: Limits(minutes=0)),
        ("cost_usd", lambda: Limits(cost_usd=-1)),
        ("interrupt_after_words", lambda: TurnTaking(interrupt_after_words=-1)),
        ("after_s", lambda: Idle(after_s=1)),
        ("hang_up_after", lambda: Idle(hang_up_after=-1)),
        ("first_token_s", lambda: Failover(first_token_s=0.0)),
    ],
)
def test_a_setting_out_of_range_is_refused_by_its_name(name: str, make: Callable[[], object]):
    with pytest.raises(OutOfRangeError, match=f"^{name} must be between") as refused:
        make()

    assert refused.value.name == name


def test_examples_are_exchanges():
    assert Example(user="Hi.", assistant="Hello.").assistant == "Hello."
