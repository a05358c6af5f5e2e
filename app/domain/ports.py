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
    """What the panel can ask for. UI loop only; each coroutine may raise `UserError`.

    The panel gives each call a key when it starts it; what it asks of a call that is not live does nothing.
    """

    async def server_version(self) -> str:
        """The version of the livekit-server on this computer; without one, the error says how to get it."""
        ...

    def admit(self, plan: CallPlan) -> None:
        """Raises UserError where this call cannot be started now: too many are live, or its room has one."""
        ...

    async def start_call(self, key: str, plan: CallPlan) -> None:
        """Start the server if need be, a room, an agent and the ear; returns when all are in the room.

        Its facts are posted under `key`. Returns quietly when `end_call` cancels it.
        """
        ...

    async def end_call(self, key: str) -> None:
        """End a call in order, or cancel its start."""
        ...

    async def end_all(self) -> None:
        """End every call in order, side by side."""
        ...

    def operator_audio(self, key: str) -> OperatorAudio | None:
        """The operator's audio in a live call; None where they are not in its room."""
        ...

    async def type_as_caller(self, key: str, text: str) -> None:
        """Answer `text` as if the caller of this call had said it."""
        ...

    def flag(self, key: str, note: str) -> None:
        """Mark this moment of a call."""
        ...

    def note(self, key: str, fact: Fact) -> None:
        """Add something to a call that only the panel knows, such as another microphone."""
        ...
