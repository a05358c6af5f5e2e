"""What the providers are told to do, and what they have seen: one for all services of a host."""

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from threading import Lock

from tests.support.speaking.faults import MIDWAY, Fault

GREETING = "Hello, I am your helper."


class Service(StrEnum):
    """What can be spoken to. Behind `second/` each is there once more, as `second_` and its name."""

    CHAT = "openai_chat"
    RESPONSES = "openai_responses"
    REALTIME = "openai_realtime"
    DEEPGRAM = "deepgram"
    CARTESIA = "cartesia"
    ELEVENLABS = "elevenlabs"


@dataclass(frozen=True, slots=True)
class Delays:
    """How long each service takes."""

    stt_final_ms: float = 150.0
    """From the request to finalize, or from the end of speech, to the final transcript."""
    llm_first_token_ms: float = 200.0
    llm_token_ms: float = 10.0
    tts_first_audio_ms: float = 120.0
    tts_speed: float = 8.0
    """How many times faster than it is spoken the sound comes."""


class What(StrEnum):
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    HEARD = "heard"
    """An utterance ended; `text` is what was recognised, `seconds` how much of it was loud."""
    ASKED = "asked"
    """A model was asked; `body` is the request."""
    ANSWERED = "answered"
    """A model's answer went out to its end; `text` is the answer, or the tool it called."""
    SPOKEN = "spoken"
    """A voice was given `text`; `seconds` is the length of its sound."""
    CANCELLED = "cancelled"
    MISBEHAVED = "misbehaved"
    """`text` is the kind of the fault."""
    TOLD = "told"
    """Another message of the protocol; `text` is its type."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a service has seen or done, with the key its connection carried."""

    what: What
    service: str
    key: str
    connection: int
    at_s: float
    """On the host's monotonic clock."""
    text: str = ""
    seconds: float = 0.0
    body: dict[str, object] = field(default_factory=dict[str, object])


@dataclass(slots=True)
class Heard:
    """How much audio reached a service in all."""

    seconds: float = 0.0
    loud_seconds: float = 0.0


class Script:
    """Orders and records. Any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._delays = Delays()
        self._faults: dict[str, Fault] = {}
        self._turns: Counter[str] = Counter()
        self._hits: Counter[str] = Counter()
        self._answers: dict[str, deque[str]] = {}
        self._transcripts: dict[str, deque[str]] = {}
        self._utterances = 0
        self._connections = 0
        self._entries: list[Entry] = []
        self._heard: dict[str, Heard] = {}

    @property
    def delays(self) -> Delays:
        with self._lock:
            return self._delays

    def set_delays(self, **delays: float) -> None:
        with self._lock:
            self._delays = replace(self._delays, **delays)

    def set_answers(self, texts: Sequence[str], only: str = "") -> None:
        """What the models say next, in order; after that they follow their rule.

        `only` is a service or a key to which the list belongs; what it does not name goes by the common one.
        """
        with self._lock:
            self._answers[only] = deque(texts)

    def set_transcripts(self, texts: Sequence[str], only: str = "") -> None:
        """What is recognised in the next utterances, in order; one that was not delivered stays the next."""
        with self._lock:
            self._transcripts[only] = deque(texts)

    def set_fault(self, service: str, fault: Fault) -> None:
        with self._lock:
            self._faults[service] = fault
            self._hits[service] = 0

    def heal(self, service: str | None = None) -> None:
        """Behave well again: this service, or all."""
        with self._lock:
            if service is None:
                self._faults.clear()
            else:
                self._faults.pop(service, None)

    def forget(self) -> None:
        """As at the beginning; connections that are open stay so."""
        with self._lock:
            self._delays = Delays()
            self._faults.clear()
            self._turns.clear()
            self._answers.clear()
            self._transcripts.clear()
            self._entries.clear()
            self._heard.clear()
            self._utterances = 0

    def next_answer(self, *names: str) -> str | None:
        with self._lock:
            told = _first(self._answers, names)
            return told.popleft() if told else None

    def coming_transcript(self, *names: str) -> str:
        """What the utterance that has begun will be recognised as."""
        with self._lock:
            told = _first(self._transcripts, names)
            return told[0] if told else f"This is utterance {self._utterances + 1}."

    def delivered_transcript(self, *names: str) -> None:
        with self._lock:
            told = _first(self._transcripts, names)
            self._utterances += 1
            if told:
                told.popleft()

    def next_connection(self) -> int:
        with self._lock:
            self._connections += 1
            return self._connections

    def next_turn(self, service: str) -> Fault | None:
        """Count a turn and say how it misbehaves."""
        with self._lock:
            self._turns[service] += 1
            fault = self._faults.get(service)
            if fault is None or self._turns[service] < fault.from_turn:
                return None
            self._hits[service] += 1
            return fault if fault.times is None or self._hits[service] <= fault.times else None

    def handshake_fault(self, service: str) -> Fault | None:
        with self._lock:
            fault = self._faults.get(service)
            if fault is None or not fault.handshakes or fault.kind in MIDWAY:
                return None
            return fault

    def hears(self, service: str, seconds: float, *, loud: bool) -> None:
        with self._lock:
            heard = self._heard.setdefault(service, Heard())
            heard.seconds += seconds
            heard.loud_seconds += seconds if loud else 0.0

    def write(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)

    def heard(self, service: str) -> Heard:
        with self._lock:
            return replace(self._heard.get(service, Heard()))

    def as_json(self) -> dict[str, object]:
        with self._lock:
            return {
                "entries": [asdict(entry) for entry in self._entries],
                "heard": {service: asdict(heard) for service, heard in self._heard.items()},
            }


@dataclass(frozen=True, slots=True)
class Ledger:
    """A connection's, or a request's, place in the script."""

    script: Script
    service: str
    key: str
    connection: int

    def write(
        self,
        what: What,
        text: str = "",
        seconds: float = 0.0,
        body: dict[str, object] | None = None,
    ) -> None:
        entry = Entry(
            what,
            self.service,
            self.key,
            self.connection,
            time.monotonic(),
            text,
            seconds,
            body or {},
        )
        self.script.write(entry)

    def next_turn(self) -> Fault | None:
        """Count a turn; a fault in it stands in the record."""
        fault = self.script.next_turn(self.service)
        if fault is not None:
            self.write(What.MISBEHAVED, fault.kind)
        return fault

    def hears(self, seconds: float, *, loud: bool) -> None:
        self.script.hears(self.service, seconds, loud=loud)

    def next_answer(self) -> str | None:
        return self.script.next_answer(self.key, self.service)

    def coming_transcript(self) -> str:
        return self.script.coming_transcript(self.key, self.service)

    def delivered_transcript(self) -> None:
        self.script.delivered_transcript(self.key, self.service)


def _first(queues: dict[str, deque[str]], names: tuple[str, ...]) -> deque[str] | None:
    """The first list that still has something, of those for these names and the common one."""
    return next((queues[name] for name in (*names, "") if queues.get(name)), None)
