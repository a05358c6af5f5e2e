"""Presets broken in every way we could think of: each gives file, line and reason, none is lost."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from app.agent.preset_file import MAX_BYTES, load_preset, read_preset, shipped_presets
from app.agent.preset_text import changed, name_in, renamed
from app.domain.errors import UsageError
from app.domain.services import ServiceKind
from app.storage.agent_files import AgentFiles

RICH = """\
# Everything that a preset can say.
name: Booking desk
description: All of it.

services:
  stt:
    service: deepgram_stt
    model: nova-3
    language: en
    fallback:
      - service: whisper-tiny-en
        partials_every_s: 2.0
  llm:
    service: openai_llm
    model: gpt-4.1-mini
    url: http://127.0.0.1:8000/v1
    settings:
      temperature: 0.4
    fallback:
      - service: groq_llm
        model: fast
      - service: smollm2-135m
        max_tokens: 40
  tts:
    service: piper-joe
    speed: 1.2
    first_clause:
      words_at_comma: 2
      words_at_most: 5

instructions: |
  Be brief.
  Be kind.
facts:
  - It opens at nine.
examples:
  - user: Hi.
    assistant: Hello.
greeting: Hello.

turn_taking:
  vad:
    confidence: 0.6
    stop_secs: 0.3
  smart_turn:
    stop_secs: 1.2
    speculative: true
  interruptions: true
  interrupt_after_words: 2
  mute:
    - first_speech
    - function_calls
idle:
  after_s: 30
  say: Are you there?
  hang_up_after: 2
limits:
  minutes: 20
  cost_usd: 1.5
  start_timeout_s: 30
  goodbye_s: 3
tools:
  - tools/desk.py
flow: flows/booking.yaml
failover:
  first_token_s: 2.5
  line: One moment, please.
"""
KNOWN = {
    "deepgram_stt": ServiceKind.STT,
    "openai_llm": ServiceKind.LLM,
    "groq_llm": ServiceKind.LLM,
    "ollama_llm": ServiceKind.LLM,
    "cartesia_tts": ServiceKind.TTS,
    "openai_realtime": ServiceKind.REALTIME,
    "gemini_live_realtime": ServiceKind.REALTIME,
}
SHIPPED = [path.read_text(encoding="utf-8") for path in shipped_presets().values()]
SEEDS = range(4)

Broken = tuple[str, int | None]
"""A text, and the line that must be named where it is plain which."""
Mutation = Callable[[random.Random, str], Broken]


def lines_like(text: str, pattern: str) -> list[int]:
    """The numbers from 0 of the lines of this form, outside of what is anybody's."""
    lines = text.split("\n")
    return [
        number
        for number, line in enumerate(lines)
        if re.fullmatch(pattern, line) and not re.match(r" +(temperature|words_at_comma)", line)
    ]


def with_line(text: str, number: int, line: str) -> str:
    lines = text.split("\n")
    lines[number] = line
    return "\n".join(lines)


def at_a_value(value: str, pattern: str = r" *[a-z_]+: \S.*") -> Mutation:
    """Another value in a line that holds one."""

    def mutate(rng: random.Random, text: str) -> Broken:
        number = rng.choice(lines_like(text, pattern))
        key = text.split("\n")[number].split(":")[0]
        return with_line(text, number, f"{key}: {value}"), number + 1

    return mutate


def vaguely(mutation: Mutation) -> Mutation:
    """The parser may name the line before or after."""

    def mutate(rng: random.Random, text: str) -> Broken:
        return mutation(rng, text)[0], None

    return mutate


def misspelt_key(rng: random.Random, text: str) -> Broken:
    session = text.find("session_properties")
    numbers = lines_like(text if session < 0 else text[:session], r" *[a-z_]+:.*")
    number = rng.choice([each for each in numbers if "settings" not in text.split("\n")[each]])
    line = text.split("\n")[number]
    key = line.strip().split(":")[0]
    wrong = rng.choice([key + "x", key[:1] + "q" + key[1:], key[::-1] + "z", key.upper()])
    return with_line(text, number, line.replace(key, wrong, 1)), number + 1


def key_twice(rng: random.Random, text: str) -> Broken:
    number = rng.choice(lines_like(text, r" *[a-z_]+: [^|>].*"))
    line = text.split("\n")[number]
    return with_line(text, number, f"{line}\n{line}"), number + 2


def tab(rng: random.Random, text: str) -> Broken:
    number = rng.choice(lines_like(text, r" +[a-z_]+:.*"))
    return with_line(text, number, "\t" + text.split("\n")[number].lstrip()), None


def one_space_more(rng: random.Random, text: str) -> Broken:
    number = rng.choice(lines_like(text, r" *[a-z_]+: [^|>].*"))
    return with_line(text, number, f" {text.split(chr(10))[number]}"), None


def truncated(rng: random.Random, text: str) -> Broken:
    return text[: rng.randrange(1, text.index("instructions"))], None


def control_character(rng: random.Random, text: str) -> Broken:
    at = rng.randrange(len(text))
    wrong = rng.choice("\x00\x01\x07\x08\x1b\x7f\ufffe")
    return text[:at] + wrong + text[at:], text.count("\n", 0, at) + 1


def second_document(rng: random.Random, text: str) -> Broken:
    number = rng.choice(lines_like(text, r"[a-z_]+:.*")[1:])
    return with_line(text, number, "---\n" + text.split("\n")[number]), None


def without_a_part(_: random.Random, text: str) -> Broken:
    return text.replace("  llm:", "  x:").replace("  realtime:", "  x:"), None


def huge(rng: random.Random, text: str) -> Broken:
    return text + "# more\n" * (MAX_BYTES // 7 + rng.randrange(9)), None


def everything_on_one_line(_: random.Random, text: str) -> Broken:
    return text.replace("\n", " "), 1


def a_secret(_: random.Random, text: str) -> Broken:
    number = lines_like(text, r" +service: [a-z_]+")[0]
    line = text.split("\n")[number]
    indent = line[: len(line) - len(line.lstrip())]
    more = f"{line}\n{indent}options:\n{indent}  api_key: sk-something"
    return with_line(text, number, more), number + 3


MUTATIONS: dict[str, Mutation] = {
    "misspelt key": misspelt_key,
    "key twice": key_twice,
    "tab": tab,
    "one space more": one_space_more,
    "truncated": truncated,
    "control character": control_character,
    "second document": second_document,
    "a part missing": without_a_part,
    "huge": huge,
    "one line": everything_on_one_line,
    "secret": a_secret,
    "a list for a text": at_a_value("[1, 2]"),
    "a group for a value": at_a_value("{a: 1}"),
    "a switch for a text": at_a_value("yes", r" *(name|greeting|service|model): .*"),
    "a date": at_a_value("2024-01-01", r" *(minutes|service|after_s): .*"),
    "a word for a number": at_a_value("soon", r" *[a-z_]+: [0-9.]+"),
    "out of range": at_a_value("987654321", r" *[a-z_]+: [0-9.]+"),
    "below nothing": at_a_value("-1", r" *[a-z_]+: [0-9.]+"),
    "a number too long": at_a_value("9" * 5000, r" *[a-z_]+: [0-9.]+"),
    "not a number": at_a_value(".nan"),
    "endless": at_a_value("-.inf", r" *[a-z_]+: [0-9.]+"),
    "alias": at_a_value("*name"),
    "anchor and alias": at_a_value("[&a x, *a]"),
    "tag": at_a_value("!!python/object/apply:os.getcwd []"),
    "own tag": at_a_value("!mine x"),
    "binary tag": at_a_value("!!binary aGVsbG8="),
    "merged": at_a_value("{<<: {a: 1}}"),
    "deep": at_a_value("[" * 300 + "]" * 300),
    "deeper than the stack": at_a_value("[" * 30_000),
    "unclosed bracket": vaguely(at_a_value("[a, b")),
    "unclosed quote": vaguely(at_a_value('"never closed')),
    "two colons": at_a_value("a: b: c", r"(name|greeting|description): .*"),
    "wrong escape": at_a_value(r'"\q"'),
    "escape beyond the last": at_a_value(r'"\U00110000"'),
    "half a character": at_a_value(r'"\ud800"', r" *(name|greeting|model|service): .*"),
    "a list as a key": at_a_value("{[a]: b}"),
    "unknown service": at_a_value("deepgrm_stt", r" +service: .*"),
    "service of another part": at_a_value("cartesia_tts", r" +service: [a-z]+_(stt|llm|realtime)"),
    "no id": at_a_value("Nobody's!", r" +service: .*"),
    "no address": at_a_value("ftp://x", r" +url: .*"),
    "empty": at_a_value("''", r"name: .*"),
    "no such rule": at_a_value("[whenever]", r"  interruptions: .*|name: .*"),
}


def cases() -> list[tuple[str, str, int | None]]:
    found: list[tuple[str, str, int | None]] = []
    for name, mutation in MUTATIONS.items():
        for seed in SEEDS:
            rng = random.Random(f"{name} {seed}")
            base = RICH if seed else rng.choice(SHIPPED)
            if not seed and name in ("out of range", "no address", "no such rule"):
                base = RICH
            try:
                text, line = mutation(rng, base)
            except IndexError:  # It has no such line.
                text, line = mutation(rng, RICH)
            found.append((f"{name} {seed}", text, line))
    return found


def spoken_line(error: UsageError, path: Path) -> int:
    found = re.fullmatch(rf"{re.escape(str(path))}, line (\d+): (\S.*)\.", error.title)
    assert found, error.title
    assert "\n" not in error.title
    return int(found.group(1))


CASES = cases()


def test_the_whole_one_is_right():
    assert read_preset(RICH, "rich", KNOWN).problem is None
    for text in SHIPPED:
        assert read_preset(text, "shipped", KNOWN).problem is None
    assert len(CASES) > 150


@pytest.mark.parametrize(("text", "line"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_a_broken_one_gives_file_line_and_reason_and_is_not_lost(
    tmp_path: Path, text: str, line: int | None
):
    path = tmp_path / "mine.yaml"
    path.write_bytes(text.encode("utf-8"))

    with pytest.raises(UsageError) as refused:
        load_preset(path, KNOWN)
    reading = read_preset(text, "mine", KNOWN)

    named = spoken_line(refused.value, path)
    assert 1 <= named <= len(text.splitlines()) + 1
    assert line in (None, named), refused.value.title
    assert reading.preset is None
    assert reading.problem is not None
    assert reading.problem.line == named
    assert reading.text == text
    assert path.read_bytes() == text.encode("utf-8")
    assert isinstance(changed(text, ("greeting",), "Hi."), str)
    if len(text) < MAX_BYTES:
        files = AgentFiles(tmp_path, {}, name_of=name_in, renamed=renamed)
        assert files.save("mine", text) == "mine"
        assert files.text_of("mine") == text


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\xff\xfen\x00a\x00m\x00e\x00", 1),
        (b"name: x\ngreeting: caf\xe9\n", 2),
        (bytes(range(256)), 2),
        (RICH.encode("utf-16"), 1),
        (RICH.encode() + b"\xc3", RICH.count("\n") + 1),
        (random.Random(7).randbytes(5000), None),
    ],
)
def test_a_file_of_other_bytes_gives_its_line(tmp_path: Path, content: bytes, line: int | None):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)

    with pytest.raises(UsageError) as refused:
        load_preset(path, KNOWN)

    assert line in (None, spoken_line(refused.value, path))
    assert path.read_bytes() == content


def test_a_byte_order_mark_is_no_fault(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + RICH.encode())

    assert load_preset(path, KNOWN).name == "Booking desk"
    assert name_in(changed(path.read_text(encoding="utf-8"), ("name",), "Other")) == "Other"


@pytest.mark.parametrize("seed", range(3))
def test_random_damage_never_raises_anything_else(seed: int):
    rng = random.Random(seed)
    for _ in range(150):
        text = rng.choice([RICH, *SHIPPED])
        for _ in range(rng.randint(1, 4)):
            at, end = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
            end = min(end, at + rng.randint(0, 30))
            noise = "".join(rng.choices("\t\n :-#[]{}\"'&*!|>%@`?,abc019\\\u00e9\x85\u2028", k=3))
            text = text[:at] + noise + text[end:]

        reading = read_preset(text, "x", KNOWN)

        assert (reading.preset is None) != (reading.problem is None)
        assert isinstance(changed(text, ("limits", "minutes"), 3), str)
