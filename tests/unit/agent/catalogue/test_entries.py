"""The catalogue against a walk that imports Pipecat's services instead of reading them."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from app.agent.catalogue import catalogue, needed
from app.agent.catalogue.entries import forget
from app.agent.catalogue.kinds import services
from app.agent.catalogue.shipped import read_all
from app.agent.catalogue.source import installed_sources
from app.domain.errors import UserError
from app.domain.preset_services import LOCAL_SERVICES
from app.domain.services import ServiceEntry, ServiceKind, Setting, SettingForm

WALK = Path(__file__).with_name("walk_pipecat.py")
BASES = {"BaseOpenAILLMService", "BaseWhisperSTTService", "_BaseOpenAIResponsesLLMService"}
"""Those that Python would make, but that are there to be inherited from."""
DEPRECATED = {
    "": {"filter_incomplete_user_turns", "user_turn_completion_config"},
    "GoogleSTTService": {"language_codes"},
    "SarvamRealtimeSTTService": {"language_code"},
    "SpeechmaticsSTTService": {"operating_point"},
}
"""Fields that Pipecat's docstrings mark as deprecated."""
DECIDED_BY_THE_MODEL = {
    "SarvamTTSService.enable_preprocessing",
    "SarvamHttpTTSService.enable_preprocessing",
}
"""Defaults that a constructor changes for the model that it is given."""
ID = re.compile(r"[a-z][a-z0-9_]*")


def of_pipecat() -> dict[str, ServiceEntry]:
    shipped = [entry for entry in catalogue() if entry.id not in LOCAL_SERVICES]
    return {f"{entry.module}.{entry.class_name}": entry for entry in shipped}


def by_id() -> dict[str, ServiceEntry]:
    return {entry.id: entry for entry in catalogue()}


def walked(*, stand_ins: bool, construct: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", str(WALK)],
        input=json.dumps({"stand_ins": stand_ins, "construct": construct}),
        capture_output=True,
        text=True,
        timeout=150,
        check=True,
    )
    return cast("dict[str, dict[str, Any]]", json.loads(answer.stdout))


def keywords(entry: ServiceEntry) -> dict[str, Any]:
    """Every option as it is by default, and something for every key and place."""
    given: dict[str, Any] = {each.name: each.default for each in entry.options if not each.required}
    texts = [each.parameter for each in entry.credentials if "." not in each.parameter]
    secrets = [name for name in texts if not name.endswith(("url", "server", "credentials_path"))]
    return {
        **given,
        **dict.fromkeys(secrets, '{"type": "none"}' if "credentials" in texts else "x"),
    }


@pytest.fixture(scope="module")
def imported() -> dict[str, dict[str, Any]]:
    remote = [entry for entry in of_pipecat().values() if not entry.local]
    return walked(stand_ins=True, construct={entry.class_name: keywords(entry) for entry in remote})


def test_all_of_pipecats_services_can_be_walked(imported: dict[str, dict[str, Any]]) -> None:
    assert imported["failed"] == {}


def test_the_catalogue_holds_exactly_the_services_that_python_finds(
    imported: dict[str, dict[str, Any]],
) -> None:
    concrete = {
        name: found["kind"]
        for name, found in imported["found"].items()
        if not found["abstract"] and name.rsplit(".", 1)[1] not in BASES
    }

    assert {name: entry.kind.value for name, entry in of_pipecat().items()} == concrete
    assert len(concrete) > 120


def test_settings_are_the_fields_of_the_class_that_python_makes(
    imported: dict[str, dict[str, Any]],
) -> None:
    for name, entry in of_pipecat().items():
        mine = [setting.name for setting in entry.settings]
        left_out = DEPRECATED[""] | DEPRECATED.get(entry.class_name, set())
        theirs = [each for each in imported["found"][name]["fields"] if each not in left_out]
        assert mine == theirs, name
        assert all(setting.live and not setting.required for setting in entry.settings)


def test_defaults_are_those_of_a_service_that_was_made(imported: dict[str, dict[str, Any]]) -> None:
    compared, different = 0, list[object]()
    for name, entry in of_pipecat().items():
        made = imported["found"][name]["made"].get("settings", {})
        for setting in entry.settings:
            # A language may be turned into the provider's own name for it.
            if setting.name in made and setting.default is not None and setting.name != "language":
                excused = f"{entry.class_name}.{setting.name}" in DECIDED_BY_THE_MODEL
                wrong = setting.default != made[setting.name] and not excused
                different += [(name, setting.name, setting.default, made[setting.name])] * wrong
                compared += 1
    assert different == []
    assert compared > 180


def test_a_service_can_be_made_with_all_its_options(imported: dict[str, dict[str, Any]]) -> None:
    found = {name: each["made"] for name, each in imported["found"].items() if each["made"]}
    refused = {name: made["error"] for name, made in found.items() if "error" in made}

    assert {name: error for name, error in refused.items() if "unexpected keyword" in error} == {}
    assert len(refused) < len(found) / 10, refused


def test_a_service_is_installed_when_its_module_can_be_imported() -> None:
    here = walked(stand_ins=False, construct={})
    sources = installed_sources()
    by_name = {f"{service.module.name}.{service.name}": service for _, service in services(sources)}

    for name, entry in of_pipecat().items():
        importable = name in here["found"]
        lacks_in_functions = [
            each for each in needed.needed_by_functions(by_name[name]) if not needed.found(each)
        ]
        assert entry.installed == (importable and not lacks_in_functions), name


def test_every_property_sheet_can_be_drawn() -> None:
    for entry in catalogue():
        assert entry.label.strip() == entry.label != ""
        assert entry.id in LOCAL_SERVICES or ID.fullmatch(entry.id)
        sheet = (*entry.settings, *entry.options)
        assert sheet, entry.id
        assert len({setting.name for setting in sheet}) == len(sheet), entry.id
        for setting in sheet:
            assert well_formed(setting), (entry.id, setting)


def well_formed(setting: Setting) -> bool:
    kinds: dict[SettingForm, tuple[type, ...]] = {
        SettingForm.SWITCH: (bool,),
        SettingForm.INTEGER: (int,),
        SettingForm.NUMBER: (int, float),
        SettingForm.TEXT: (str,),
        SettingForm.CHOICE: (str,),
        SettingForm.YAML: (str, int, float, bool),
    }
    fits = setting.default is None or isinstance(setting.default, kinds[setting.form])
    listed = setting.form is not SettingForm.CHOICE or (
        bool(setting.choices) and setting.default in (None, *setting.choices)
    )
    return fits and listed and "\n" not in setting.description


def test_ids_are_unique() -> None:
    ids = [entry.id for entry in catalogue()]

    assert len(ids) == len(set(ids))


def test_registered_services_have_the_registrys_id_label_and_extras() -> None:
    from pipecat.cli.registry.service_metadata import ServiceRegistry

    lists = (
        ServiceRegistry.STT_SERVICES,
        ServiceRegistry.LLM_SERVICES,
        ServiceRegistry.TTS_SERVICES,
        ServiceRegistry.REALTIME_SERVICES,
    )
    for definition in (each for some in lists for each in some):
        entry = by_id()[definition.value]
        assert entry.label == definition.label
        assert entry.class_name == (definition.class_name or [""])[0]
        assert f"[{','.join(entry.extras)}]" in definition.package or not entry.extras
    assert {entry.id for entry in catalogue() if entry.kind is ServiceKind.REALTIME} >= {
        each.value for each in ServiceRegistry.REALTIME_SERVICES
    }


@pytest.mark.parametrize(
    ("service", "parameter", "variable", "provider"),
    [
        ("deepgram_stt", "api_key", "DEEPGRAM_API_KEY", "deepgram"),
        ("openai_llm", "api_key", "OPENAI_API_KEY", "openai"),
        ("openai_realtime", "api_key", "OPENAI_API_KEY", "openai"),
        ("cartesia_http_tts", "api_key", "CARTESIA_API_KEY", "cartesia"),
        ("azure_tts", "region", "AZURE_SPEECH_REGION", ""),
        ("azure_http_tts", "api_key", "AZURE_SPEECH_API_KEY", ""),
        ("aws_polly_tts", "api_key", "AWS_SECRET_ACCESS_KEY", ""),
        ("aws_bedrock_llm", "aws_access_key", "AWS_ACCESS_KEY_ID", ""),
        ("gemini_vertex_live_realtime", "project_id", "GOOGLE_PROJECT_ID", ""),
        ("minimax_tts", "group_id", "MINIMAX_GROUP_ID", ""),
        ("nebius_llm", "api_key", "NEBIUS_API_KEY", ""),
        ("ultravox", "params.api_key", "ULTRAVOX_API_KEY", "ultravox"),
    ],
)
def test_credentials_name_the_variable_that_pipecats_scaffold_reads(
    service: str, parameter: str, variable: str, provider: str
) -> None:
    found = {each.parameter: each for each in by_id()[service].credentials}

    assert (found[parameter].variable, found[parameter].provider_id) == (variable, provider)


def test_what_runs_on_this_computer_is_told_from_the_rest() -> None:
    local = {entry.id for entry in catalogue() if entry.local}

    assert local == {
        "whisper-tiny-en",
        "smollm2-135m",
        "piper-joe",
        "whisper_stt",
        "whisper_stt_mlx",
        "moonshine_stt",
        "fun_asr_stt",
        "ollama_llm",
        "piper_tts",
        "piper_http_tts",
        "kokoro_tts",
        "pockettts_tts",
        "xtts_tts",
    }


def test_deprecated_services_are_marked() -> None:
    deprecated = {entry.class_name for entry in catalogue() if entry.deprecated}

    assert deprecated == {"PerplexityLLMService", "RimeNonJsonTTSService", "XTTSService"}


def test_settings_have_their_forms_and_are_described() -> None:
    settings = {each.name: each for each in by_id()["deepgram_stt"].settings}

    assert settings["punctuate"].form is SettingForm.SWITCH
    assert settings["punctuate"].default is True
    assert settings["model"].default == "nova-3-general"
    assert settings["utterance_end_ms"].form is SettingForm.INTEGER
    assert settings["utterance_end_ms"].description.startswith("Silence duration in ms")
    assert settings["replace"].form is SettingForm.YAML


def test_deprecated_parameters_are_left_out() -> None:
    options = {each.name for each in by_id()["deepgram_stt"].options}

    assert not options & {"live_options", "settings", "api_key", "base_url"}
    assert {"encoding", "sample_rate", "mip_opt_out"} <= options


def test_it_is_read_once_until_packages_have_changed() -> None:
    first = catalogue()

    assert catalogue() is first
    forget()
    assert catalogue() == first
    assert catalogue() is not first


def test_it_is_what_was_read() -> None:
    assert catalogue() == read_all()


def test_a_python_that_cannot_read_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forget()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    with pytest.raises(UserError, match="could not be read"):
        catalogue()


@pytest.mark.parametrize(
    ("function", "absent"),
    [("catalogue.catalogue", "pipecat"), ("catalogue.shipped.read_all", "pipecat.services")],
)
def test_it_imports_no_service(function: str, absent: str) -> None:
    program = (
        "import sys, app.agent.catalogue.shipped; from app.agent import catalogue;"
        f"{function}(); print([name for name in sys.modules if name.startswith('{absent}')])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        cwd=Path(__file__).parents[4],
    )

    assert answer.stdout.strip() == "[]"
