from collections.abc import Iterable

import pytest

from app.agent.first_clause import ClauseAggregator, first_clause_end
from app.domain.preset_services import FirstClause

RULE = FirstClause(words_at_comma=2, words_at_most=4)


def cut(text: str) -> str | None:
    end = first_clause_end(text, RULE)
    return None if end is None else text[:end]


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("Yes,", None),
        ("Yes, we", None),
        ("Well yes,", "Well yes,"),
        ("Yes, we have two", None),
        ("Yes, we have two ", "Yes, we have two"),
        ("It costs 22,", None),
        ("It costs 22,000", None),
        ("It costs 22, not", "It costs 22,"),
        ("We close at the ", None),
        ("We close at the front door ", "We close at the front"),
        ("We open at 10 ", None),
        ("We open at 10 30 today ", "We open at 10 30 today"),
        ("You are in the of the ", "You are in the of the"),
    ],
)
def test_where_the_first_clause_ends(text: str, clause: str | None):
    assert cut(text) == clause


async def spoken(tokens: Iterable[str], rule: FirstClause | None = RULE) -> list[str]:
    aggregator = ClauseAggregator(rule)
    parts: list[str] = []
    for token in tokens:
        parts += [part.text async for part in aggregator.aggregate(token)]
    rest = await aggregator.flush()
    return parts if rest is None else [*parts, rest.text]


async def test_an_answer_is_cut_once_and_then_by_sentences():
    tokens = [
        "We",
        " close",
        " at",
        " seven",
        " in",
        " the",
        " evening",
        ".",
        " Come",
        " early",
        ".",
    ]

    assert await spoken(tokens) == ["We close at seven", "in the evening.", "Come early."]


async def test_a_short_sentence_is_not_cut():
    assert await spoken(["Yes", ".", " We", " do", "."]) == ["Yes.", "We do."]


async def test_without_a_rule_only_sentences_come():
    tokens = ["We", " close", " at", " seven", " in", " the", " evening", "."]

    assert await spoken(tokens, rule=None) == ["We close at seven in the evening."]


async def test_an_answer_without_an_end_gets_its_full_stop():
    assert await spoken(["Yes", ",", " there", " is"]) == ["Yes, there is."]
    assert await spoken([]) == []


async def test_the_next_answer_begins_anew_after_an_interruption_or_a_reset():
    aggregator = ClauseAggregator(RULE)
    async for _ in aggregator.aggregate("We close at seven today "):
        pass
    await aggregator.handle_interruption()
    assert aggregator.text.text == ""

    parts = [part.text async for part in aggregator.aggregate("Sorry, we open at nine ")]
    await aggregator.reset()

    assert parts == ["Sorry, we open at nine"]
    assert await aggregator.flush() is None
