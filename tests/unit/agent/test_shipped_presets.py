"""The presets that come with Greenroom name services, models and settings that Pipecat knows."""

from typing import Any, cast

import pytest
from pipecat.services.openai.realtime.events import InputAudioTranscription

from app.agent.catalogue import catalogue
from app.agent.preset_file import load_preset, shipped_presets
from app.agent.service_factory import HttpSession, Materials, build_service
from app.domain.errors import MissingRequirementError
from app.domain.preset_rules import is_secret_name
from app.domain.preset_services import CATALOGUE_ID, LOCAL_SERVICES, CatalogueService, Realtime
from app.domain.presets import Preset

ENTRIES = {entry.id: entry for entry in catalogue()}
PRESETS = {
    name: load_preset(path, {entry.id: entry.kind for entry in ENTRIES.values()})
    for name, path in shipped_presets().items()
}
KEYS = {
    credential.variable: "not-a-real-key"
    for entry in ENTRIES.values()
    for credential in entry.credentials
    if credential.variable
}


def materials() -> Materials:
    return Materials(ENTRIES, KEYS, HttpSession())


def chosen(preset: Preset) -> list[CatalogueService]:
    return [
        service
        for _, chain in preset.services.chains
        for service in chain
        if isinstance(service, CatalogueService)
    ]


def test_there_is_a_cascade_two_of_speech_to_speech_and_one_with_a_model_of_ones_own():
    assert list(PRESETS) == ["cloud", "gemini-live", "local", "ollama", "openai-realtime"]
    assert PRESETS["local"].is_local
    assert all(len(chain) == 2 for _, chain in PRESETS["cloud"].services.chains)
    assert isinstance(PRESETS["gemini-live"].services, Realtime)
    assert isinstance(PRESETS["openai-realtime"].services, Realtime)
    assert len({preset.name for preset in PRESETS.values()}) == len(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
async def test_pipecat_makes_its_services(name: str):
    for service in chosen(PRESETS[name]):
        if not ENTRIES[service.service].installed:
            with pytest.raises(MissingRequirementError):
                build_service(service, materials())
            continue
        made = cast("Any", build_service(service, materials(), "Be brief."))
        assert made._settings.model == service.model


async def test_the_realtime_service_writes_down_what_the_caller_says():
    (service,) = chosen(PRESETS["openai-realtime"])

    made = cast("Any", build_service(service, materials(), "Be brief."))

    session = made._settings.session_properties
    assert isinstance(session.audio.input.transcription, InputAudioTranscription)


def test_no_setting_of_any_service_is_taken_for_a_secret_and_every_id_can_be_written():
    for entry in ENTRIES.values():
        assert entry.id in LOCAL_SERVICES or CATALOGUE_ID.fullmatch(entry.id)
        for setting in (*entry.settings, *entry.options):
            assert not is_secret_name(setting.name), (entry.id, setting.name)
