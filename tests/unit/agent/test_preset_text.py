"""What a form writes into the text of a preset, and that nothing else of the text changes."""

import difflib
import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.agent.preset_file import read_preset, shipped_presets
from app.agent.preset_text import changed
from app.agent.preset_yaml import YamlText
from app.domain.presets import Preset

UNTIDY = """\
# c0 of the file
name: "Desk"   # c1
# c2
description: >-   # c3
  Folded text
  here.

services:  # c4
  # c5
  stt: {service: deepgram_stt, model: nova-3, language: en, settings: {smart_format: true}}  # c6
  llm:
      # c7
      service: openai_llm   # c8
      model: 'gpt-4.1-mini'
      settings:
          temperature: 0.40 # c9
      # c10
  tts:
    service: cartesia_tts
    voice: abc
    fallback:
    - service: piper-joe # c11
      speed: 1.1
    # c12
# c13
instructions: |   # c14
  Be brief.
  # no comment

# c15
facts:
- One.  # c16
# c17
- "Two: # no comment"
- 'Three'
examples: # c18
  - user: Hi.
    # c19
    assistant: >
      Hello
      there.
  - {user: Bye., assistant: Bye.}
turn_taking:
  vad: {confidence: 0.5, # c20
        stop_secs: 0.3}
  smart_turn: # c21
    stop_secs: 2
limits:

  minutes: 5 # c22
  # c23
# c24
"""
SHIPPED = [path.read_text(encoding="utf-8") for path in shipped_presets().values()]
STARTS = {
    name: shipped_presets()[name].read_text(encoding="utf-8")
    for name in ("local", "cloud", "openai-realtime")
}
EDITS_A_TEXT = 200

WORDS = [
    "Plain words.",
    "yes",
    "12:30",
    "2024-01-01",
    "null",
    "1e5",
    "# hash",
    "a: b",
    "- dash",
    "'single' and \"double\"",
    "{brace",
    "[bracket]",
    "tab\there",
    "trailing ",
    " leading",
    "two\nlines",
    "three\n\nlines\n",
    "  indented\nfirst line",
    "é – 😀 “quoted”",
    "ends with a colon:",
    "%percent",
    "@at",
    "!bang",
    "&anchor",
    "*alias",
    "---",
    "line\n---\nline",
    "back\\slash",
    "a word that is repeated until the line is far too long to be read at a glance " * 3,
    "long words that end without a blank and have to be folded somewhere in the middle of it all",
    "hash # in the middle of a text that is so long that it has to be folded # somewhere # else # ok",
    "=",
    "~",
    "0x1F",
    "?",
    "carriage\rreturn",
    "next\u0085line",
]

PRESET = TypeAdapter(Preset)
Model = dict[str, Any]
Where = tuple[str | int, ...]


def apply(model: Any, path: Where, value: object) -> None:
    """What an edit does to the form's own model."""
    if value is None:
        drop(model, path)
    else:
        put(model, path, value)


def put(model: Any, path: Where, value: object) -> None:
    name, rest = path[0], path[1:]
    if isinstance(name, int) and name == len(model):
        model.append(None)
    if not rest:
        model[name] = value
        return
    below = model[name] if isinstance(name, int) or name in model else None
    if not (isinstance(below, dict | list) and below):
        model[name] = [] if isinstance(rest[0], int) else {}
    put(model[name], rest, value)


def drop(model: Any, path: Where) -> None:
    name, rest = path[0], path[1:]
    if not isinstance(name, int) and name not in model:
        return
    if rest and not isinstance(model[name], dict | list):
        return
    if rest:
        drop(model[name], rest)
    if not rest or not model[name]:
        del model[name]


def cloud(rng: random.Random, ids: Sequence[str], *, depth: int = 1) -> Model:
    service: Model = {"service": rng.choice(ids)}
    if rng.random() < 0.7:
        service["model"] = rng.choice(["gpt-4.1", "nova-3", "no", "1.0", "sonic: 3"])
    if rng.random() < 0.4:
        service["settings"] = {"temperature": rng.choice([0.2, 1, 1e-7]), "stop": ["a", "b # c"]}
    if rng.random() < 0.3:
        service["options"] = {"params": {"deep": [{"x": True}, 3]}}
    if depth and rng.random() < 0.5:
        service["fallback"] = [cloud(rng, ids, depth=0) for _ in range(rng.randint(1, 2))]
    return service


LOCAL = {"stt": "whisper-tiny-en", "llm": "smollm2-135m", "tts": "piper-joe"}
CLOUD = {
    "stt": ["deepgram_stt", "soniox_stt"],
    "llm": ["openai_llm", "groq_llm"],
    "tts": ["cartesia_tts", "elevenlabs_tts"],
    "realtime": ["openai_realtime", "gemini_live_realtime"],
}


def part(rng: random.Random, name: str) -> Model:
    if name in LOCAL and rng.random() < 0.4:
        return {"service": LOCAL[name]}
    return cloud(rng, CLOUD[name])


def service_edit(rng: random.Random, model: Model) -> tuple[Where, object]:
    if rng.random() < 0.1:
        names = ["realtime"] if rng.random() < 0.5 else list(LOCAL)
        return ("services",), {name: part(rng, name) for name in names}
    name = rng.choice(list(model["services"]))
    here = model["services"][name]
    if rng.random() < 0.4 or here["service"] in LOCAL.values():
        return ("services", name), part(rng, name)
    at: Where = ("services", name)
    fallbacks = here.get("fallback", [])
    return rng.choice(
        [
            ((*at, "model"), rng.choice([None, "m", "off", rng.choice(WORDS)])),
            ((*at, "voice"), rng.choice([None, "v1", "true"])),
            ((*at, "url"), rng.choice([None, "http://127.0.0.1:11434/v1"])),
            ((*at, "settings", "temperature"), rng.choice([None, 0.5, 1, True, "x"])),
            ((*at, "settings", "extra", "deep"), rng.choice([None, [1, [2]], {"a": {}}])),
            ((*at, "fallback"), rng.choice([None, [part_alone(rng, name) for _ in range(2)]])),
            ((*at, "fallback", len(fallbacks)), part_alone(rng, name)),
        ]
    )


def part_alone(rng: random.Random, name: str) -> Model:
    return {key: each for key, each in part(rng, name).items() if key != "fallback"}


def list_edit(rng: random.Random, model: Model) -> tuple[Where, object]:
    name = rng.choice(["facts", "examples", "tools"])
    entries: list[Any] = model.get(name, [])

    def entry() -> object:
        if name == "facts":
            return rng.choice(WORDS)
        if name == "tools":
            return rng.choice(["tools/a.py", "tools/b.py", "it's.py"])
        return {"user": rng.choice(WORDS), "assistant": rng.choice(WORDS)}

    whole = [entry() for _ in range(rng.randint(1, 4))]
    without_some = [each for each in entries if rng.random() < 0.6] or None
    edits: list[tuple[Where, object]] = [
        ((name,), whole),
        ((name,), without_some),
        ((name, len(entries)), entry()),
    ]
    if entries:
        at = rng.randrange(len(entries))
        edits += [((name, at), None), ((name, at), entry())]
    return rng.choice(edits)


FIELDS: list[tuple[Where, Callable[[random.Random], object]]] = [
    (("name",), lambda rng: rng.choice([word for word in WORDS if word.strip()])),
    (("instructions",), lambda rng: rng.choice(WORDS)),
    (("description",), lambda rng: rng.choice([None, *WORDS])),
    (("greeting",), lambda rng: rng.choice([None, *WORDS])),
    (("turn_taking", "vad", "stop_secs"), lambda rng: rng.choice([None, 0.2, 1, 0.45])),
    (("turn_taking", "vad", "confidence"), lambda rng: rng.choice([None, 0.5, 1])),
    (("turn_taking", "smart_turn"), lambda rng: rng.choice([None, False])),
    (("turn_taking", "smart_turn", "stop_secs"), lambda rng: rng.choice([None, 0.8, 3])),
    (("turn_taking", "smart_turn", "speculative"), lambda rng: rng.choice([None, False])),
    (("turn_taking", "interruptions"), lambda rng: rng.choice([None, True, False])),
    (("turn_taking", "interrupt_after_words"), lambda rng: rng.choice([None, 0, 3])),
    (
        ("turn_taking", "mute"),
        lambda rng: rng.choice([None, ["first_speech"], ["agent_speech", "function_calls"]]),
    ),
    (("idle",), lambda rng: rng.choice([None, {"after_s": 30, "hang_up_after": 1}])),
    (("idle", "after_s"), lambda rng: rng.choice([None, 20, 45.5])),
    (("idle", "say"), lambda rng: rng.choice([None, *WORDS])),
    (("limits", "minutes"), lambda rng: rng.choice([None, 20, 2.5])),
    (("limits", "cost_usd"), lambda rng: rng.choice([None, 1.5, 0.01])),
    (("limits", "goodbye_s"), lambda rng: rng.choice([None, 3])),
    (("flow",), lambda rng: rng.choice([None, "flows/booking.yaml"])),
    (("failover", "first_token_s"), lambda rng: rng.choice([None, 2.5])),
    (("failover", "line"), lambda rng: rng.choice([None, *WORDS])),
]


def any_edit(rng: random.Random, model: Model) -> tuple[Where, object]:
    luck = rng.random()
    if luck < 0.3:
        return service_edit(rng, model)
    if luck < 0.5:
        return list_edit(rng, model)
    path, make = rng.choice(FIELDS)
    return path, make(rng)


def model_of(text: str) -> Model:
    return json.loads(json.dumps(YamlText(text).content))


@pytest.mark.parametrize("start", [UNTIDY, *STARTS.values()], ids=["untidy", *STARTS])
def test_form_and_text_stay_equal_and_every_comment_survives(start: str):
    rng = random.Random(start)
    text, model = start, model_of(start)
    comments = re.findall(r"# c\d+\b.*", start)
    real = 0
    for _ in range(EDITS_A_TEXT):
        path, value = any_edit(rng, model)
        before = text
        text = changed(text, path, value)
        apply(model, path, json.loads(json.dumps(value)))
        real += text != before

        wanted = PRESET.validate_json(json.dumps({**model, "id": "p"}))
        found = read_preset(text, "p")

        edit = f"{path} = {value!r}\n{before}"
        assert found.preset == wanted, (found.problem, edit)
        assert model_of(text) == model, edit
        for comment in comments:
            assert len(re.findall(rf"{comment}\b", text)) == 1, (comment, edit)
    assert real > EDITS_A_TEXT / 3


def lines_changed(before: str, after: str) -> list[str]:
    """What a diff shows, without its head."""
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
    return [line for line in diff[2:] if not line.startswith("@@")]


@pytest.mark.parametrize(
    ("path", "value", "diff"),
    [
        (("name",), "Bank", ['-name: "Desk"   # c1', '+name: "Bank"   # c1']),
        (
            ("services", "llm", "settings", "temperature"),
            0.7,
            ["-          temperature: 0.40 # c9", "+          temperature: 0.7 # c9"],
        ),
        (("services", "llm", "voice"), "x", ["+      voice: x"]),
        (("facts", 0), None, ["-- One.  # c16", "+# c16"]),
        (("facts", 3), "no", ["+- 'no'"]),
        (("examples", 0, "user"), None, ["-  - user: Hi.", "-    # c19", "-    assistant: >"]),
        (("limits", "goodbye_s"), 2.0, ["+  goodbye_s: 2.0"]),
        (("limits", "minutes"), None, ["-limits:", "-", "-  minutes: 5 # c22", "+# c22"]),
        (("idle", "say"), "", ["+", "+idle:", "+  say: ''"]),
    ],
)
def test_an_edit_changes_the_lines_that_it_must(path: Where, value: object, diff: list[str]):
    found = lines_changed(UNTIDY, changed(UNTIDY, path, value))

    assert found[: len(diff)] == diff


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("a: {model: x}", ("a", "voice"), "w", "a: {model: x, voice: w}"),
        ("a: {x: 1, y: 2}", ("a", "x"), None, "a: {y: 2}"),
        ("a: {x: 1, y: 2}", ("a", "y"), None, "a: {x: 1}"),
        ("a: {x: 1}\nb: 1", ("a", "x"), None, "b: 1"),
        ("a: [1, 2]", ("a", 2), {"x": ["w"]}, "a: [1, 2, {x: [w]}]"),
        ("a: [1, 2]", ("a", 0), None, "a: [2]"),
        ("a: [1, 2]", ("a", 1), "line\nline", 'a: [1, "line\\nline"]'),
        ("a: []", ("a", 0), "x", "a:\n  - x"),
        ("a:", ("a", "b"), 1, "a:\n  b: 1"),
        ("a:\nb: 1", ("a",), 2, "a: 2\nb: 1"),
        ("a:\n-\n- x", ("a", 0), "w", "a:\n- w\n- x"),
        ("a:\n- x", ("a", 0), {"b": 1, "c": 2}, "a:\n- b: 1\n  c: 2"),
        ("a:\n- x", ("a", 0), [1, 2], "a:\n- [1, 2]"),
        ("a:\n- x", ("a", 1), "one\ntwo", "a:\n- x\n- |-\n  one\n  two"),
        ("a:\n- - x\n  - y", ("a", 0, 0), None, "a:\n- - x\n  - y"),
        ("{name: x, greeting: y}", ("description",), "z", "{name: x, description: z, greeting: y}"),
        ("greeting: x", ("name",), "w", "name: w\ngreeting: x"),
        ("a: 1 # one\n", ("a",), {"b": 2}, "# one\na:\n  b: 2\n"),
        ("a:\n  b: 1 # one\n  # two\nc: 1\n", ("a",), 5, "# one\na: 5\n  # two\nc: 1\n"),
        ("x:\n  - a: 1 # one\n    b: 2\n", ("x", 0, "a"), None, "x:\n  # one\n  - b: 2\n"),
    ],
)
def test_every_form_of_yaml_can_be_edited(text: str, path: Where, value: object, expected: str):
    assert changed(text, path, value) == expected


def test_lines_are_written_as_a_block_and_long_ones_are_folded():
    long = "Say what you know and nothing else, in one sentence, and never more than that. " * 2

    block = changed(UNTIDY, ("greeting",), "One.\n\nTwo.\n")
    folded = changed(UNTIDY, ("greeting",), long.strip())

    assert "greeting: |\n  One.\n\n  Two.\n" in block
    assert "greeting: >-\n  Say what you know" in folded
    assert max(map(len, folded.splitlines())) <= 100


@pytest.mark.parametrize("start", SHIPPED, ids=shipped_presets())
def test_setting_what_stands_there_changes_nothing(start: str):
    for name, value in YamlText(start).content.items():
        assert changed(start, (name,), value) == start


def test_new_keys_stand_in_the_order_of_the_schema():
    text = "name: A\ninstructions: B\nservices:\n  tts: {service: piper-joe}\n"

    for path, value in [
        (("limits", "minutes"), 5),
        (("description",), "D"),
        (("services", "stt", "service"), "whisper-tiny-en"),
        (("idle", "after_s"), 30),
    ]:
        text = changed(text, path, value)

    keys = ["name", "description", "instructions", "idle", "limits", "services"]
    assert list(YamlText(text).content) == keys
    assert list(model_of(text)["services"]) == ["stt", "tts"]


def test_line_ends_of_windows_and_a_missing_last_one_are_kept():
    text = "name: A\r\ninstructions: B"

    assert changed(text, ("greeting",), "C") == "name: A\r\ninstructions: B\r\ngreeting: C"


@pytest.mark.parametrize(
    "text", ["", "a: [", "a: &x 1\nb: *x\n", "- a\n", "a: \x07\n", "a: 1\na: 2\n", "\tname: x"]
)
def test_a_text_that_is_no_plain_yaml_is_left_as_it_is(text: str):
    assert changed(text, ("name",), "A") == text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("facts", 7), "too far"),
        (("facts", "x"), "no key"),
        (("name",), float("nan")),
        (("name",), object()),
        (("nothing", "there"), None),
    ],
)
def test_an_edit_that_cannot_be_made_changes_nothing(path: Where, value: object):
    assert changed(UNTIDY, path, value) == UNTIDY
