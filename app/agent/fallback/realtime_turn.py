"""What is known of a turn that a speech-to-speech service is to answer."""

from dataclasses import dataclass, field

from pipecat.frames.frames import (
    Frame,
    FunctionCallsStartedFrame,
    LLMContextFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)

LISTENS_S = 4.0
"""How long a service that has heard the caller begin may take to tell that they are done.

OpenAI's semantic turn detection waits for up to 4 s at its default eagerness.
"""
STALL_S = 2.0
"""An answer in which nothing comes for so long has stalled."""
UNNOTICED_S = 1.0
"""Less speech than this, of which the service has taken no notice, may be a noise to which only the VAD listened."""
_OF_SPEECH = (
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)


@dataclass(slots=True)
class Turn:
    """One turn of the caller's, from its beginning to the end of its answer."""

    asked: LLMContextFrame | None = None
    """What the service is to answer where nobody has spoken: typed words, a greeting, what a tool has found."""
    delivered: bool = False
    """Whether somebody at work has been given that."""
    tried: bool = False
    """Whether services have been asked in this turn whose time had not come."""
    speaking: bool = False
    opened: bool = False
    """The pipeline has announced that the caller speaks."""
    closed: bool = False
    """The pipeline has announced that the caller has finished."""
    noticed: bool = False
    """The service has heard that somebody spoke."""
    words_came: bool = False
    words_known: bool = False
    """Another service has told the words already, so that they are not taken a second time."""
    heard_again: bool = False
    """Whoever is at work was given the turn by its record."""
    answering: bool = False
    answered: bool = False
    """Something of the answer has come."""
    calling: bool = False
    """A tool is being called."""
    said: list[str] = field(default_factory=list[str])
    line_said: bool = False
    spoke_s: float = 0.0
    ended_s: float = 0.0
    """When the caller was last known to be done."""
    _began_s: float = 0.0

    @property
    def waits(self) -> bool:
        """Whether the caller is done and nothing of an answer has come."""
        return not self.speaking and not self.answered

    @property
    def is_speech(self) -> bool:
        """Whether this was surely said to somebody."""
        return self.asked is not None or self.noticed or self.spoke_s >= UNNOTICED_S

    def note(self, frame: Frame, now_s: float, first_sound_s: float) -> float | None:
        """Take a frame that says who speaks. Returns when an answer is due; None while the caller speaks."""
        match frame:
            case VADUserStartedSpeakingFrame():
                self.speaking, self._began_s = True, now_s
            case VADUserStoppedSpeakingFrame():
                self.spoke_s += now_s - self._began_s if self.speaking else 0.0
                self.speaking = False
                self.ended_s = now_s
            case UserStartedSpeakingFrame():
                self.opened, self.closed = True, False
            case _:
                self.closed = True
                self.ended_s = now_s
        if self.speaking:
            return None
        listens = self.opened and not self.closed
        return now_s + (max(LISTENS_S, first_sound_s) if listens else first_sound_s)

    def hand_over(self) -> None:
        """Somebody else is given the turn, by its record."""
        self.heard_again = True
        self.words_known = self.words_known or self.words_came
        self.answering = self.answered = False


def tells_of_speech(frame: Frame) -> bool:
    """Whether the frame says that the caller begins or ends."""
    return isinstance(frame, _OF_SPEECH)


def is_answer(frame: Frame) -> bool:
    """Whether this is something of an answer, which the caller would hear or a tool would act upon."""
    if isinstance(frame, LLMTextFrame):
        return bool(frame.text.strip())
    return isinstance(frame, (TTSAudioRawFrame, FunctionCallsStartedFrame))


def words_of(frame: Frame) -> str:
    """The words of an answer as they are said."""
    return frame.text if isinstance(frame, TTSTextFrame) else ""
