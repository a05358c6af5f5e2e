from pathlib import Path

import pytest

from app.agent.preset_file import MAX_BYTES, find_preset, load_preset, shipped_presets
from app.domain.errors import UsageError

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


def test_a_date_is_text(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("user: Hi.", "user: 2024-01-01"), encoding="utf-8")

    assert load_preset(path).examples[0].user == "2024-01-01"


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


@pytest.mark.parametrize("name", ["nobody", "nobody.yaml"])
def test_a_preset_that_is_nowhere_is_refused_with_those_there_are(name: str):
    with pytest.raises(UsageError) as refused:
        find_preset(name)

    assert name in refused.value.title
    assert "local" in refused.value.hint
