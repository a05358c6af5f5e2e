"""API keys: whose they are, where they lie, and whether they work. A key's value never comes here."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.providers import Provider


class KeyringState(StrEnum):
    """How far the keyring of this account can be used."""

    READY = "ready"
    LOCKED = "locked"
    NOT_MADE = "not made"
    """The account is new: its keyring is made with the first password."""
    ABSENT = "absent"
    HUNG = "hung"
    """It does not answer within the deadline."""


@dataclass(frozen=True, slots=True)
class KeyringView:
    """The keyring of this account: `name` as its users know it, `hint` says what to do unless it is ready."""

    state: KeyringState
    name: str
    hint: str = ""


class KeyPlace(StrEnum):
    """Where a key lies."""

    KEYRING = "keyring"
    SESSION = "session"
    """In memory until Greenroom ends: there is no keyring to keep it in."""
    ENVIRONMENT = "environment"
    """A variable of the process; read only."""


class Verdict(StrEnum):
    """What the cheapest real call to a provider showed of a key."""

    WORKS = "works"
    REJECTED = "rejected"
    NO_CREDIT = "no credit"
    RATE_LIMITED = "rate limited"
    WRONG_REGION = "wrong region"
    NO_NETWORK = "no network"
    UNANSWERED = "unanswered"
    """Nothing came within the deadline, or the connection broke."""
    PROVIDER_FAILED = "provider failed"
    STRANGE = "strange"
    """The answer is none of this provider's."""


@dataclass(frozen=True, slots=True)
class KeyTest:
    """One test of a key, as a sentence; the sentence holds nothing of the key."""

    at: float
    verdict: Verdict
    sentence: str
    round_trip_ms: float | None = None


@dataclass(frozen=True, slots=True)
class KeyCard:
    """What is shown of one provider's key."""

    provider: Provider
    place: KeyPlace
    tail: str
    """Its last four characters."""
    variable: str = ""
    """The environment variable that it comes from."""
    used_by: tuple[str, ...] = ()
    """Names of the presets and servers that need it."""
    last_test: KeyTest | None = None


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key that an import found and has not stored."""

    provider: Provider
    variable: str
    tail: str
    stored_already: bool
    """The same value is stored; an import would change nothing."""
    replaces: bool
    """Another value is stored, which an import would replace."""


@dataclass(frozen=True, slots=True)
class KeysView:
    """Everything that the Keys page shows."""

    keyring: KeyringView
    cards: tuple[KeyCard, ...]
    """In the order of the providers' names."""
    others: tuple[Provider, ...]
    """Providers without a key."""


SHORTEST_KEY = 8
LONGEST_KEY = 1200
"""What the Windows Credential Locker takes in one entry."""


def why_no_key(value: str) -> str:
    """Why `value` cannot be an API key, as a sentence that quotes nothing of it; empty when it can."""
    if not value:
        return "There is no text in it."
    if not SHORTEST_KEY <= len(value) <= LONGEST_KEY:
        return f"A key has {SHORTEST_KEY} to {LONGEST_KEY} characters; this has {len(value)}."
    if not value.isascii() or not value.isprintable() or " " in value:
        return "A key has no spaces, line breaks or accented letters; this has."
    return ""
