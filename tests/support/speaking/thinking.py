"""What the models answer: what the script says next, else a rule that lets a lost or doubled turn be seen.

A question with "weather" in it calls a tool, where tools are offered. The result of a tool is told. What the caller
said last is said back.
"""

import json
from dataclasses import dataclass
from typing import Any, cast

from tests.support.speaking.script import GREETING, Ledger

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the request offers."""

    name: str
    parameters: Message


@dataclass(frozen=True, slots=True)
class Says:
    text: str

    @property
    def words(self) -> list[str]:
        """The text in tokens, as a model streams them."""
        first, *rest = self.text.split(" ")
        return [first, *(f" {word}" for word in rest)]


@dataclass(frozen=True, slots=True)
class Calls:
    name: str
    arguments: str

    @property
    def pieces(self) -> list[str]:
        """The arguments, cut where no JSON would be cut."""
        return [self.arguments[start : start + 5] for start in range(0, len(self.arguments), 5)]


Answer = Says | Calls


def think(ledger: Ledger, messages: list[Message], tools: list[Tool]) -> Answer:
    """`messages` are plain: role and content, and role "tool" for a result."""
    said = next((m for m in reversed(messages) if m["role"] in {"user", "tool"}), None)
    text = plain(said["content"]) if said is not None else ""
    if said is not None and said["role"] == "user" and tools and "weather" in text.lower():
        return call(tools)
    told = ledger.next_answer()
    if told is not None:
        return Says(told)
    if said is None or (messages[-1]["role"] in {"developer", "system"}):
        return Says(GREETING)
    return Says(f"The tool says {text}." if said["role"] == "tool" else f"You said: {text}")


def call(tools: list[Tool]) -> Calls:
    """A call of the tool for the weather, else of the first, with something for all that it requires."""
    tool = next((each for each in tools if "weather" in each.name), tools[0])
    properties: Message = tool.parameters.get("properties", {})
    needed: list[str] = tool.parameters.get("required", list(properties))
    return Calls(tool.name, json.dumps({name: _value(properties[name]) for name in needed}))


def plain(content: object) -> str:
    """The text of a message's content: a string, or parts of which some carry text."""
    if isinstance(content, str):
        return content
    parts = cast("list[Message]", content or [])
    return " ".join(str(part["text"]) for part in parts if "text" in part)


def tokens(text: str) -> int:
    """About four characters make a token."""
    return max(1, len(text) // 4)


def _value(schema: Message) -> object:
    if schema.get("enum"):
        return schema["enum"][0]
    return {"integer": 3, "number": 3.5, "boolean": True}.get(schema.get("type", ""), "Paris")
