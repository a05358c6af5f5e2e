"""What of a preset can be brought into a call that runs."""

from dataclasses import replace

from app.agent.preset_file import load_preset, shipped_presets
from app.domain.live_changes import LiveChange, LiveSetting, differences
from app.domain.preset_services import CatalogueService, Services
from app.domain.presets import Preset, TurnTaking, Vad

CLOUD = load_preset(shipped_presets()["cloud"])
REALTIME = load_preset(shipped_presets()["openai-realtime"])
LOCAL = load_preset(shipped_presets()["local"])


def with_llm(preset: Preset, **changes: str) -> Preset:
    assert isinstance(preset.services, Services)
    assert isinstance(preset.services.llm, CatalogueService)
    llm = replace(preset.services.llm, **changes)
    return replace(preset, services=replace(preset.services, llm=llm))


def test_nothing_differs_from_itself() -> None:
    assert differences(CLOUD, CLOUD) == ()


def test_finds_what_can_be_changed_in_a_call() -> None:
    after = replace(with_llm(CLOUD, model="gpt-5"), instructions="Be brief.")
    after = replace(after, turn_taking=TurnTaking(vad=Vad(stop_secs=0.7)), greeting="Hi")
    assert differences(CLOUD, after) == (
        LiveChange(LiveSetting.INSTRUCTIONS, "Be brief."),
        LiveChange(LiveSetting.SILENCE_S, 0.7),
        LiveChange(LiveSetting.MODEL, "gpt-5"),
    )


def test_another_service_is_for_the_next_call() -> None:
    after = with_llm(CLOUD, service="groq_llm", model="llama")
    assert differences(CLOUD, after) == ()


def test_a_service_without_a_model_has_none_to_change() -> None:
    assert differences(CLOUD, with_llm(CLOUD, model="")) == ()


def test_without_catalogue_services_there_are_instructions_and_silence() -> None:
    for preset in (REALTIME, LOCAL):
        after = replace(preset, instructions="Be brief.")
        assert differences(preset, after) == (LiveChange(LiveSetting.INSTRUCTIONS, "Be brief."),)
