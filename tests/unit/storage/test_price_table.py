"""The prices that come with Greenroom, and the user's own before them."""

from pathlib import Path

import pytest

from app.agent.catalogue import catalogue
from app.domain.prices import key_of, price_of
from app.storage.price_table import FILE, MAX_BYTES, parse, read_prices

OWN = """\
# mine
prices:
- service: [cartesia_tts, openai_llm]
  model: "*"
  characters: 38.5
  as_of: 2026-10-01
  source: https://example.com
"""


def own(folder: Path, text: str) -> Path:
    path = folder / FILE
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shipped_price_is_dated_and_sourced_and_of_a_service_there_is(tmp_path: Path):
    table = read_prices(tmp_path)
    classes = {entry.id: entry.class_name for entry in catalogue()}
    assert table.prices
    assert table.trouble == ""
    for price in table.prices:
        assert price.as_of.startswith("20")
        assert price.source
        assert price.service in classes
        keys = {key_of(price.service), key_of(price.class_name)}
        used = key_of(classes[price.service])
        local = price.service in ("whisper-tiny-en", "smollm2-135m", "piper-joe")
        assert local or used in keys, price


def test_own_prices_come_first(tmp_path: Path):
    own(tmp_path, OWN)
    table = read_prices(tmp_path)
    found = price_of(table.prices, "OpenAILLMService#0", "gpt-4.1-mini")
    assert found is not None
    assert (found.characters, found.as_of) == (38.5, "2026-10-01")
    assert price_of(table.prices, "deepgram_stt", "nova-3") is not None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("prices: [", 1, "no YAML"),
        ("prices:\n- service: [a\n", 3, "no YAML"),
        ("\x00", 1, "no YAML"),
        ("[" * 5000, 1, "no YAML"),
        ("- a", 1, "no list"),
        ("a: 1\nprices: []", 1, "no list"),
        ("prices:\n- a", 2, "a price has a service"),
        (OWN.replace("38.5", "-1"), 5, "an amount in US dollars"),
        (OWN.replace("38.5", "true"), 5, "an amount in US dollars"),
        (OWN.replace("38.5", ".nan"), 5, "an amount in US dollars"),
        (OWN.replace("38.5", "{a: 1}"), 5, "a plain value"),
        (OWN.replace("characters", "letters"), 5, "letters is not known"),
        (OWN.replace("2026-10-01", "soon"), 6, "as_of is a day"),
        (OWN.replace("2026-10-01", "2026-13-77"), 6, "cannot be read"),
        (OWN.replace('model: "*"', "model: 7"), 4, "model is text"),
        (OWN.replace('model: "*"', "free: 7"), 4, "free is true or false"),
        (OWN.replace("openai_llm]", "7]"), 3, "service is the id"),
        (OWN.replace("- service", "- model"), 3, "model is text"),
        (OWN.replace("- service: [cartesia_tts, openai_llm]", "- free: true"), 3, "no service"),
        (OWN.replace("  source: https://example.com\n", ""), 3, "no source"),
    ],
)
def test_a_damaged_file_says_where_and_why_and_the_shipped_prices_stay(
    tmp_path: Path, text: str, line: int, reason: str
):
    path = own(tmp_path, text)
    table = read_prices(tmp_path)
    assert table.trouble.startswith(f"{path}, line {line}: ")
    assert reason.replace("no list", "not a list") in table.trouble
    assert table.prices


def test_files_that_are_no_text_do_not_stop_a_call(tmp_path: Path):
    path = own(tmp_path, "a" * (MAX_BYTES + 1))
    assert "too long" in read_prices(tmp_path).trouble
    path.write_bytes(b"\xff\xfe\xff")
    assert "UTF-8" in read_prices(tmp_path).trouble
    path.unlink()
    path.mkdir()
    assert "cannot be read" in read_prices(tmp_path).trouble


def test_an_empty_file_prices_nothing():
    assert parse("# nothing yet\n") == ()
    assert parse("prices: []") == ()
