"""Keeps secrets out of everything that is written down."""

import base64
import json
import logging
import re
from collections.abc import Iterator
from threading import Lock
from urllib.parse import quote, quote_plus

MASK = "•••"
SHORTEST_SECRET = 6
"""Shorter values are words of their own, and masking them would make nonsense of the log."""

_FORMATS = (
    # A JSON web token: LiveKit's join tokens and many others.
    re.compile(r"\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?"),
    # OpenAI, Anthropic, OpenRouter, ElevenLabs, Cartesia, Groq, xAI, Hugging Face, Replicate.
    re.compile(r"\b(?:sk|pk|rk|gsk|xai|hf|r8)[-_](?:[\w]+-)*[\w-]{16,}"),
    re.compile(r"\bAIza[\w-]{30,}"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
)
_AFTER_A_WORD = re.compile(
    r"""(?ix)
    ( \b (?: bearer | basic | token ) \s+ (?= \S* \d | \S{24} )  # Plain words follow these words too.
    | (?: api[-_]?key | api[-_]?secret | secret[-_]?key | (?:access|refresh|auth)[-_]?token | token
        | secret | password | passwd | authorization ) ["']? \s* [:=] \s* ["']?
    )
    (?! bearer\b | basic\b | token\b )
    ( [^\s"',;&\])}>]{8,} )
    """
)
_URL_SAFE = str.maketrans("+/", "-_")
_IN_A_URL = re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)")


class Redactor:
    """Masks secrets in text: those registered by their value, others by their usual formats. Any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None

    def register(self, value: str) -> None:
        """Mask `value` from now on, also URL-encoded, in JSON, and in base64 by itself or within a longer text."""
        if len(value) < SHORTEST_SECRET:
            return
        with self._lock:
            if value in self._values:
                return
            self._values |= {*_forms(value)}
            longest_first = sorted(self._values, key=len, reverse=True)
            self._known = re.compile("|".join(map(re.escape, longest_first)))

    def mask_known(self, text: str) -> str:
        """`text` without the secrets that were registered; what only looks like one stays."""
        return text if self._known is None else self._known.sub(MASK, text)

    def redact(self, text: str) -> str:
        """`text` without any secret that is known or looks like one."""
        text = self.mask_known(text)
        for pattern in _FORMATS:
            text = pattern.sub(MASK, text)
        text = _AFTER_A_WORD.sub(rf"\1{MASK}", text)
        return _IN_A_URL.sub(MASK, text)


def _forms(value: str) -> Iterator[str]:
    """How `value` may stand in a text."""
    yield value
    for escaped in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield from (escaped, re.sub("%..", lambda sign: sign[0].lower(), escaped))
    yield json.dumps(value)[1:-1]
    for lead in range(3):
        inside = _within_base64(value.encode(), lead)
        yield from (inside, inside.translate(_URL_SAFE))


def _within_base64(value: bytes, lead: int) -> str:
    """The characters that `value` alone decides when it follows `lead` octets, and others follow it."""
    encoded = base64.b64encode(bytes(lead) + value).decode()
    return encoded[-(-lead * 8 // 6) : (lead + len(value)) * 8 // 6]


class RedactingFormatter(logging.Formatter):
    """Formats a record as usual, traceback included, and masks the secrets in the result."""

    def __init__(self, redactor: Redactor, fmt: str) -> None:
        super().__init__(fmt)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.redact(super().format(record))
