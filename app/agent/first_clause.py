# pyright: reportUnknownMemberType=false
"""Releases the first words of an answer before its first sentence is complete."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from pipecat.frames.frames import (
    AggregatedTextFrame,
    ControlFrame,
    Frame,
    LLMFullResponseEndFrame,
    LLMTextFrame,
)
from pipecat.processors.aggregators.llm_text_processor import LLMTextProcessor
from pipecat.processors.frame_processor import FrameDirection
from pipecat.utils.text.base_text_aggregator import Aggregation, BaseTextAggregator, TextType
from pipecat.utils.text.simple_text_aggregator import SimpleTextAggregator
from pipecat.utils.text.transforms.strip_markdown import strip_markdown

from app.domain.preset_services import FirstClause

LEANING = frozenset(
    {
        "a",
        "an",
        "and",
        "any",
        "at",
        "by",
        "for",
        "from",
        "her",
        "his",
        "i",
        "in",
        "is",
        "it",
        "its",
        "my",
        "no",
        "of",
        "on",
        "or",
        "our",
        "the",
        "their",
        "this",
        "to",
        "very",
        "was",
        "we",
        "will",
        "with",
        "you",
        "your",
    }
)
"""Words that lean on the next one: a pause after them sounds broken."""
LEANING_AT_MOST = 2
"""How many words more than asked for such words may cost."""
_STRAY_MARKS = re.compile(r"[*`#]+|_{2,}|~{2,}")


def first_clause_end(text: str, rule: FirstClause) -> int | None:
    """Where the first words of `text` can be cut off to be spoken, or None while they cannot.

    At a comma, semicolon or colon from `words_at_comma` words on, or after `words_at_most` words. Never within
    a number ("22,000") nor after one ("10 30"), which needs the next character, and rather not after a word that
    leans on the next.
    """
    words = list(re.finditer(r"\S+(?=\s)|\S+[,;:]$", text))
    for count, word in enumerate(words, start=1):
        bare = word.group().rstrip(",;:")
        paused = bare != word.group()
        if paused and count >= rule.words_at_comma and _complete(text, word):
            return word.end()
        if count < rule.words_at_most or bare[-1:].isdigit():
            continue
        if bare.lower() not in LEANING or count >= rule.words_at_most + LEANING_AT_MOST:
            return word.end()
    return None


def _complete(text: str, word: "re.Match[str]") -> bool:
    """Whether a comma ends this word: after a digit it may be part of a number until a space follows."""
    return word.end() < len(text) or not word.group()[-2:-1].isdigit()


class ClauseAggregator(BaseTextAggregator):
    """Gives the first clause of an answer early, then whole sentences.

    Without a rule it gives sentences only. An answer that was cut off at its end gets its full stop back, which a
    voice needs to lower its pitch.
    """

    def __init__(self, rule: FirstClause | None) -> None:
        super().__init__()
        self._rule = rule
        self._sentences = SimpleTextAggregator()
        self._head: str | None = ""
        """What came so far of an answer whose beginning has not been released."""

    @property
    def text(self) -> Aggregation:
        return self._sentences.text

    async def aggregate(self, text: str) -> AsyncIterator[Aggregation]:
        if self._head is not None:
            self._head += text
        async for sentence in self._sentences.aggregate(text):
            self._head = None
            yield sentence
        if self._head is None:
            return
        end = None if self._rule is None else first_clause_end(self._head, self._rule)
        if end is None:
            return
        clause, rest, self._head = self._head[:end], self._head[end:], None
        await self._sentences.reset()
        yield Aggregation(text=clause.strip(), type=TextType.SENTENCE)
        async for sentence in self._sentences.aggregate(rest):
            yield sentence

    async def flush(self) -> Aggregation | None:
        self._head = ""
        rest = await self._sentences.flush()
        if rest is not None and rest.text[-1:].isalnum():
            rest.text += "."
        return rest

    async def handle_interruption(self) -> None:
        self._head = ""
        await self._sentences.handle_interruption()

    async def reset(self) -> None:
        self._head = ""
        await self._sentences.reset()


@dataclass
class AnswerBrokenOffFrame(ControlFrame):
    """What has come of an answer and has not been released is void: its model has failed."""


class SpeakableText(LLMTextProcessor):
    """Turns a model's tokens into text to be spoken: cut into clauses and sentences, without Markdown.

    Reports how long the first of them was held, as Pipecat's voices do when they cut the text themselves.
    """

    def __init__(self, rule: FirstClause | None) -> None:
        self._clauses = ClauseAggregator(rule)
        super().__init__(
            text_aggregator=self._clauses,
            text_transforms=[("*", strip_markdown), ("*", _without_stray_marks)],
        )
        self._holding = False

    def can_generate_metrics(self) -> bool:
        return True

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, LLMTextFrame) and not self._holding:
            self._holding = True
            await self.start_text_aggregation_metrics()
        await super().process_frame(frame, direction)
        if isinstance(frame, AnswerBrokenOffFrame):
            await self._clauses.reset()
        if isinstance(frame, LLMFullResponseEndFrame):
            self._holding = False

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        if isinstance(frame, AggregatedTextFrame):
            await self.stop_text_aggregation_metrics()
        await super().push_frame(frame, direction)


async def _without_stray_marks(text: str, _: TextType | str) -> str:
    """Marks whose other half is in another clause, which Pipecat's transform leaves alone."""
    return _STRAY_MARKS.sub("", text)
