"""What the tiers ask of each other, as protocols, so that none imports another."""

from collections.abc import Hashable
from typing import Protocol

from app.domain.call_plan import CallPlan
from app.domain.facts import Fact, Lane


class Clock(Protocol):
    """The one clock of the process. Any thread."""

    def now(self) -> float:
        """Seconds since the epoch; never runs backwards."""
        ...


class FactSink(Protocol):
    """Where a call's facts go. Any thread; neither method blocks nor raises."""

    def post(self, fact: Fact) -> None:
        """Queue a fact; facts keep their order."""
        ...

    def sample(self, key: Hashable, fact: Fact) -> None:
        """Offer a reading; for each key only the newest is kept."""
        ...


class AudioRecorder(Protocol):
    """Takes the audio of a call's lanes. Any thread; neither method blocks nor raises."""

    def write(self, lane: Lane, source: str, at: float, pcm: bytes, sample_rate_hz: int) -> None:
        """Add mono little-endian int16 samples of one stream of a lane.

        `at` is when the first of them was heard. Blocks of the same `source` are laid end to end;
        several sources of a lane are mixed.
        """
        ...


class OperatorAudio(Protocol):
    """The operator's side of the audio in the room. Any thread; no method blocks."""

    sample_rate_hz: int
    """Of both directions; mono little-endian int16."""

    def push_microphone(self, pcm: bytes) -> None:
        """Give what the microphone heard, in blocks of any length."""
        ...

    def pull_speaker(self, sample_count: int) -> bytes:
        """Take what the speaker shall play; silence where nobody speaks."""
        ...

    def set_talking(self, *, talking: bool) -> None:
        """Open or close the microphone towards the room (mute, push to talk)."""
        ...


class Desk(Protocol):
    """What the panel can ask for. UI loop only; each coroutine may raise `UserError`."""

    @property
    def operator_audio(self) -> OperatorAudio | None:
        """The operator's audio in the call in hand; None when there is no call."""
        ...

    async def server_version(self) -> str:
        """The version of the livekit-server on this computer; without one, the error says how to get it."""
        ...

    async def start_call(self, plan: CallPlan) -> None:
        """Start the server if need be, a room, an agent and the ear; returns when all are in the room.

        Returns quietly when `end_call` cancels it.
        """
        ...

    async def end_call(self) -> None:
        """End the call in hand in order, or cancel its start."""
        ...

    async def type_as_caller(self, text: str) -> None:
        """Answer `text` as if the caller had said it."""
        ...

    def flag(self, note: str) -> None:
        """Mark this moment of the call."""
        ...

    def note(self, fact: Fact) -> None:
        """Add something to the call that only the panel knows, such as another microphone."""
        ...
