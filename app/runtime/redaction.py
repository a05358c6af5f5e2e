"""Keeps secrets out of everything that is written down."""

import base64
import logging
import re
from threading import Lock
from urllib.parse import quote

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
_IN_A_URL = re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)")


class Redactor:
    """Masks secrets in text: those registered by their value, others by their usual formats. Any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None

    def register(self, value: str) -> None:
        """Mask `value` from now on, URL-encoded and in base64 too."""
        if len(value) < SHORTEST_SECRET:
            return
        encoded = base64.b64encode(value.encode()).decode().rstrip("=")
        with self._lock:
            self._values |= {value, quote(value, safe=""), encoded}
            longest_first = sorted(self._values, key=len, reverse=True)
            self._known = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        """`text` without any secret that is known or looks like one."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for pattern in _FORMATS:
            text = pattern.sub(MASK, text)
        text = _AFTER_A_WORD.sub(rf"\1{MASK}", text)
        return _IN_A_URL.sub(MASK, text)


class RedactingFormatter(logging.Formatter):
    """Formats a record as usual, traceback included, and masks the secrets in the result."""

    def __init__(self, redactor: Redactor, fmt: str) -> None:
        super().__init__(fmt)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.redact(super().format(record))
