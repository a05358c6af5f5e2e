from pathlib import Path

import pytest

from app.agent.preset_file import (
    MAX_BYTES,
    find_preset,
    load_preset,
    read_preset,
    shipped_presets,
)
from app.domain.errors import UsageError
from app.domain.preset_services import CatalogueService, PiperJoe, SmolLm2
from app.domain.presets import MuteRule
from app.domain.services import ServiceKind

GOOD = """\
name: Test
services:
  stt:
    service: whisper-tiny-en
  llm:
    service: smollm2-135m
  tts:
    service: piper-joe
    first_clause: {words_at_comma: 2, words_at_most: 4}
instructions: Be brief.
examples:
  - user: Hi.
    assistant: Hello.
turn_taking:
  smart_turn:
    stop_secs: 1.2
"""

EXAMPLES = """\
examples:
  - user: Hi.
    assistant: Hello.
"""


def refusal(folder: Path, text: str) -> UsageError:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load_preset(path)
    assert refused.value.title.startswith(str(path))
    return refused.value


def test_a_file_becomes_a_preset_whose_id_is_its_name(tmp_path: Path):
    path = tmp_path / "front-desk.yaml"
    path.write_text(GOOD, encoding="utf-8")

    preset = load_preset(path)

    assert (preset.id, preset.name, preset.instructions) == ("front-desk", "Test", "Be brief.")
    assert preset.examples[0].assistant == "Hello."
    assert preset.turn_taking.smart_turn is not None


def test_the_shipped_preset_loads():
    preset = load_preset(find_preset("local"))

    assert "local" in shipped_presets()
    assert preset.greeting
    assert preset.facts
    assert preset.turn_taking.smart_turn is not None
    assert preset.turn_taking.smart_turn.stop_secs == 1.2


@pytest.mark.parametrize(
    ("wrong", "right", "line", "title", "hint"),
    [
        ("nam: Test", "name: Test", 1, "unknown key 'nam'", "Did you mean 'name'? Allowed: name, "),
        (
            "whisper-tiny",
            "whisper-tiny-en",
            4,
            "unknown service 'whisper-tiny'",
            "'whisper-tiny-en'?",
        ),
        ("words_at_coma", "words_at_comma", 9, "unknown key 'words_at_coma'", "words_at_comma'?"),
        ("4.5}", "4}", 9, "services.tts.first_clause.words_at_most must be a whole number", ""),
        ("1}", "4}", 9, "services.tts.first_clause.words_at_most must be between 2 and 40", ""),
        ("user: yes", "user: Hi.", 12, "examples.1.user must be text; put it in quotes", ""),
        ("usr: Hi.", "user: Hi.", 12, "unknown key 'usr'", "Allowed: user, assistant"),
        ("stop_secs: 99", "stop_secs: 1.2", 16, "stop_secs must be between 0.3 and 10", ""),
        ("stop_secs: .inf", "stop_secs: 1.2", 16, "must be a finite number", ""),
        ("smart_turn: 3\n", "smart_turn:\n    stop_secs: 1.2\n", 15, "must be a group of", ""),
        ("examples: 3\n", EXAMPLES, 11, "examples must be a list", ""),
        ("id: x\nname: Test", "name: Test", 1, "unknown key 'id'", "file's name is its id"),
        ("name: Test\nname: X", "name: Test", 2, "key 'name' is there twice", ""),
        ("name: !!python/object/apply:os.getcwd []", "name: Test", 1, "the tag !!python/", "plain"),
        ("name: &a Test\ndescription: *a", "name: Test", 2, "aliases (*name) are not allowed", ""),
        ("<<: {name: X}", "name: Test", 1, "'<<' is not allowed", ""),
        ("name: [Test", "name: Test", 2, "expected ',' or ']'", ""),
        ("name: ''", "name: Test", 1, "name must be a text that is not empty", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, wrong: str, right: str, line: int, title: str, hint: str
):
    text = GOOD.replace(right, wrong, 1)
    assert text != GOOD

    error = refusal(tmp_path, text)

    assert f"line {line}: " in error.title
    assert title in error.title
    assert hint in error.hint
    assert error.exit_code == 2


CLOUD = """\
name: Cloud
services:
  stt:
    service: deepgram_stt
    fallback:
      - service: whisper-tiny-en
  llm:
    service: openai_llm
    settings:
      temperature: 0.4
      stop: [a, {b: 1}]
    fallback:
      - service: groq_llm
      - service: smollm2-135m
        max_tokens: 40
  tts: {service: piper-joe, first_clause: false}
instructions: Be brief.
turn_taking:
  smart_turn: false
  mute: [first_speech, function_calls]
"""
KNOWN = {
    "deepgram_stt": ServiceKind.STT,
    "openai_llm": ServiceKind.LLM,
    "groq_llm": ServiceKind.LLM,
    "openai_realtime": ServiceKind.REALTIME,
}


def test_services_of_the_catalogue_and_their_fallbacks_are_read():
    preset = read_preset(CLOUD, "cloud", KNOWN).preset

    assert preset is not None
    stt, llm, tts = (chain for _, chain in preset.services.chains)
    assert [service.service for service in stt] == ["deepgram_stt", "whisper-tiny-en"]
    assert isinstance(llm[0], CatalogueService)
    assert llm[0].settings == {"temperature": 0.4, "stop": ["a", {"b": 1}]}
    assert isinstance(llm[2], SmolLm2)
    assert llm[2].max_tokens == 40
    assert tts == (PiperJoe(service="piper-joe", first_clause=None),)
    assert preset.turn_taking.smart_turn is None
    assert preset.turn_taking.mute == (MuteRule.FIRST_SPEECH, MuteRule.FUNCTION_CALLS)
    assert preset.folder is None


def test_a_loaded_preset_knows_its_folder_but_two_of_them_are_equal(tmp_path: Path):
    path = tmp_path / "cloud.yaml"
    path.write_text(CLOUD, encoding="utf-8")

    assert load_preset(path).folder == tmp_path
    assert load_preset(path) == read_preset(CLOUD, "cloud").preset


@pytest.mark.parametrize(
    ("wrong", "right", "line", "reason", "hint"),
    [
        (
            "deepgrm_stt",
            "deepgram_stt",
            4,
            "unknown service 'deepgrm_stt' for stt",
            "deepgram_stt'",
        ),
        ("openai_llm", "deepgram_stt", 4, "'openai_llm' is a service for llm, not for stt", ""),
        ("piper-joe", "deepgram_stt", 4, "'piper-joe' is a service for tts, not for stt", ""),
        ("piper-joe", "whisper-tiny-en", 6, "'piper-joe' is a service for tts, not for stt", ""),
        ("grok_llm", "groq_llm", 13, "unknown service 'grok_llm' for llm", "'groq_llm'"),
        ("api_key: x", "temperature: 0.4", 10, "settings.api_key must be left out", "page Keys"),
        ("model: x", "temperature: 0.4", 10, "settings.model must be a key of the service", ""),
        ("whenever", "first_speech", 20, "unknown turn_taking.mute.1 'whenever'", "'first_speech'"),
        (
            "groq_llm\n        fallback: [{service: smollm2-135m}]",
            "groq_llm",
            14,
            "services.llm.fallback.1.fallback must be on the first service only",
            "",
        ),
        ("max_tokn: 40", "max_tokens: 40", 15, "unknown key 'max_tokn'", "'max_tokens'?"),
        ("max_tokens: 9999", "max_tokens: 40", 15, "max_tokens must be between 1 and 512", ""),
        ("- groq_llm", "- service: groq_llm", 13, "fallback.1 must be a group of settings", ""),
        ("folder: /x\nname", "name", 1, "unknown key 'folder'", "Allowed: name"),
    ],
)
def test_what_is_wrong_in_a_service_is_said_once_and_precisely(
    wrong: str, right: str, line: int, reason: str, hint: str
):
    text = CLOUD.replace(right, wrong, 1)
    assert text != CLOUD

    reading = read_preset(text, "cloud", KNOWN)

    assert reading.preset is None
    assert reading.problem is not None
    assert (reading.problem.line, reason in reading.problem.reason) == (line, True), reading.problem
    assert hint in reading.problem.hint


def test_either_three_services_or_one(tmp_path: Path):
    both = CLOUD.replace("services:\n", "services:\n  realtime: {service: openai_realtime}\n")

    problem = read_preset(both, "cloud", KNOWN).problem

    assert problem is not None
    assert problem.hint == "A preset has either stt, llm and tts, or realtime alone."


def test_without_a_catalogue_any_id_will_do():
    assert read_preset(CLOUD.replace("groq_llm", "new_llm"), "cloud").preset is not None
    assert read_preset(CLOUD.replace("groq_llm", "new-llm"), "cloud").preset is None


@pytest.mark.parametrize("word", ["2024-01-01", "12:30", "1:02:03.5", "=", "<<"])
def test_a_date_a_time_and_a_sign_are_text(word: str):
    preset = read_preset(GOOD.replace("user: Hi.", f"user: {word}"), "x").preset

    assert preset is not None
    assert preset.examples[0].user == word


def test_what_is_missing_is_said_with_the_line_of_its_group(tmp_path: Path):
    error = refusal(tmp_path, GOOD.replace("  llm:\n    service: smollm2-135m\n", ""))

    assert "line 2: services.llm is missing" in error.title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", "a preset is a list of 'key: value' lines"),
        ("just words", "a preset is a list of 'key: value' lines"),
        ("[" * 5000, "nested too deeply"),
        ("a: " + "[" * 900 + "]" * 900, "nested too deeply"),
        ("a: !!binary aGVsbG8=", "line 1: the tag !!binary is not allowed"),
        ("a: \x00", "line 1: the character U+0000 is not allowed"),
        ("x" * (MAX_BYTES + 1), "larger than 256 kB"),
    ],
)
def test_a_file_that_is_no_preset_is_refused(tmp_path: Path, text: str, title: str):
    assert title in refusal(tmp_path, text).title


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be read"):
        load_preset(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
    with pytest.raises(UsageError, match="not UTF-8"):
        load_preset(tmp_path / "latin.yaml")


def test_a_preset_is_found_by_name_or_by_path(tmp_path: Path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(GOOD, encoding="utf-8")

    assert find_preset(str(mine)) == mine
    assert find_preset("local").name == "local.yaml"
    assert find_preset("mine", (tmp_path,)) == mine
    assert find_preset("local", (tmp_path, tmp_path / "none")) == shipped_presets()["local"]
    (tmp_path / "local.yaml").write_text(GOOD, encoding="utf-8")
    assert find_preset("local", (tmp_path,)) == tmp_path / "local.yaml"


@pytest.mark.parametrize("name", ["nobody", "nobody.yaml"])
def test_a_preset_that_is_nowhere_is_refused_with_those_there_are(name: str):
    with pytest.raises(UsageError) as refused:
        find_preset(name)

    assert name in refused.value.title
    assert "local" in refused.value.hint
