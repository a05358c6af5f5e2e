"""The conversation so far, for a service that was not there."""

from pipecat.processors.aggregators.llm_context import (
    LLMContext,
    LLMContextMessage,
    LLMSpecificMessage,
)

CHARACTERS_AT_MOST = 8000
"""Of the newest exchanges; about half an hour of speech, and 2000 tokens."""
_WHO = {"user": "Caller", "assistant": "You"}
EXAMPLES = "This is how you answer:"
SO_FAR = "You are in the middle of a conversation, which another voice has led until now. So far:"
CUT_OFF = "You were cut off while you answered, after these words: “{}”. Go on from there."


class Recall:
    """Tells a speech-to-speech service what was said before it took over. Agent loop only.

    As instructions and not as messages, because most of these services answer the first messages they are given at
    once, and the caller's own words are still to come, as sound.
    """

    def __init__(self, context: LLMContext) -> None:
        """What `context` holds now is the preset's examples, which no caller has said."""
        self._context = context
        self._examples = len(context.messages)
        self._added = ""
        self.cut_off = ""
        """The words of an answer that was broken off."""

    def added_to(self, instructions: str) -> str:
        """The instructions with the examples and the conversation so far."""
        parts: list[str] = []
        for heading, lines in (
            (EXAMPLES, self._lines(0, self._examples)),
            (SO_FAR, self._so_far()),
        ):
            if lines:
                parts.append("\n".join((heading, *lines)))
        if self.cut_off:
            parts.append(CUT_OFF.format(self.cut_off))
        self._added = "\n\n".join(parts)
        return self.kept_with(instructions)

    def kept_with(self, instructions: str) -> str:
        """Other instructions for the service that was told last, without its forgetting what it was told."""
        return "\n\n".join(part for part in (instructions, self._added) if part)

    def answered(self) -> LLMContext:
        """The context up to the last answer, with its tools."""
        messages = list(self._context.messages)
        while messages and _role(messages[-1]) != "assistant":
            messages.pop()
        return LLMContext(messages, tools=self._context.tools)

    def _so_far(self) -> list[str]:
        """The newest exchanges up to the last answer; what is unanswered yet the service hears by itself."""
        said = self._lines(self._examples, len(self._context.messages))
        while said and said[-1].startswith(f"{_WHO['user']}: "):
            said.pop()
        return _newest(said)

    def _lines(self, start: int, end: int) -> list[str]:
        said: list[str] = []
        for message in self._context.messages[start:end]:
            who = _WHO.get(_role(message))
            content = None if isinstance(message, LLMSpecificMessage) else message.get("content")
            if who and isinstance(content, str) and content.strip():
                said.append(f"{who}: {content.strip()}")
        return said


def news_in(context: LLMContext, known: int) -> list[LLMContextMessage]:
    """What has come to a context since it had so many messages, the agent's own words apart; at least the last."""
    messages = context.messages
    news = [each for each in messages[known:] if _role(each) not in ("assistant", "tool")]
    return news or messages[-1:]


def _role(message: LLMContextMessage) -> str:
    return "" if isinstance(message, LLMSpecificMessage) else str(message.get("role"))


def _newest(lines: list[str]) -> list[str]:
    kept, length = list[str](), 0
    for line in reversed(lines):
        length += len(line)
        if length > CHARACTERS_AT_MOST:
            break
        kept.append(line)
    return kept[::-1]
