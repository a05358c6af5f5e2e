"""Server profiles, the connection test and what a token says."""

from dataclasses import dataclass
from enum import StrEnum

THIS_COMPUTER = "This computer"
"""The name of the profile of the embedded server; no other profile may have it."""


class ServerKind(StrEnum):
    THIS_COMPUTER = "this computer"
    SELF_HOSTED = "self-hosted"
    CLOUD = "cloud"
    """LiveKit Cloud."""


class ServerColour(StrEnum):
    """What a server is marked with wherever an act on it is destructive."""

    GREEN = "green"
    RED = "red"
    BLUE = "blue"
    VIOLET = "violet"
    AMBER = "amber"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class ServerProfile:
    """A LiveKit deployment. Its API key and secret lie in the keyring."""

    name: str
    url: str
    """`ws://` or `wss://`, without a path; empty for the embedded server, whose address is new in each run."""
    kind: ServerKind
    colour: ServerColour
    unencrypted_confirmed: bool = False
    """Somebody has confirmed that `ws://` to this host is meant."""
    webhook_port: int = 0
    """The port of this computer, on loopback, to which the server's webhooks come; 0: none come."""

    @property
    def asks_first(self) -> bool:
        """Whether destructive acts on it ask first, with its name and colour."""
        return self.kind is not ServerKind.THIS_COMPUTER


@dataclass(frozen=True, slots=True)
class ServerView:
    """A profile as it is listed."""

    profile: ServerProfile
    key_label: str
    """The API key, masked in its middle; empty when there is none, or the keyring cannot be read."""
    state: str
    """A sentence: what is known of it now, such as `livekit-server 1.13.5, 127.0.0.1 only`."""
    reachable: bool | None = None
    """None: nobody has looked yet."""


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server that an import found and has not stored: its secret stays with who found it."""

    name: str
    url: str
    key_label: str
    source: str
    """Where it was found: a file's path or `LIVEKIT_URL`."""
    replaces: bool
    """A profile of this name exists."""


class StepState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def ended(self) -> bool:
        return self not in (StepState.WAITING, StepState.RUNNING)


class StepLabel(StrEnum):
    """What the steps of the connection test are called."""

    ADDRESS = "Address"
    CERTIFICATE = "Certificate"
    ANSWERS = "LiveKit answers"
    CLOCK = "Clock"
    KEY = "Key and secret"
    JOIN = "Token"
    SIGNALLING = "Signalling"
    UDP = "Media over UDP"
    TCP = "Media over TCP"
    RELAY = "Relay (TURN)"
    SOUND = "Sound both ways"
    RECONNECT = "Reconnect"
    MESSAGES = "Messages"
    DEVICES = "Microphone and speaker"
    WEBHOOK = "Webhook"
    """Takes the place of the devices where somebody waits for the server's webhook."""


STEP_LABELS = tuple(label for label in StepLabel if label is not StepLabel.WEBHOOK)
"""The steps as the panel takes them, in order."""


@dataclass(frozen=True, slots=True)
class TestStep:
    """One step of the connection test. `remedy` says what to do; neither text holds a secret."""

    __test__ = False

    number: int
    label: str
    state: StepState
    detail: str = ""
    remedy: str = ""
    took_ms: float | None = None


@dataclass(frozen=True, slots=True)
class TokenReport:
    """What a join token says, in words."""

    identity: str
    name: str
    room: str
    issuer: str
    """The API key that signed it."""
    expires_at: float | None
    expired: bool
    signature: str
    """Whether the key of a profile signed it, as a sentence."""
    can: tuple[str, ...]
    cannot: tuple[str, ...]
    claims: str
    """All claims as indented JSON."""
    profile: str = ""
    """The server profile whose key signed it; empty where that is not known."""
    may_speak: bool = False
    """It lets somebody speak, and be heard."""
    cannot_join: str = ""
    """Why Greenroom cannot join with it, as sentences; empty where it can try."""
