# pyright: reportUnknownMemberType=false
"""Has another recogniser hear the turn that one has failed to hear."""

import asyncio
from collections import deque
from collections.abc import Sequence

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    StartFrame,
    TranscriptionFrame,
    TTSSpeakFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection

from app.agent.fallback.failure import Failure, stalled
from app.agent.fallback.relay import ITS_TIME, Choice, Relay, Running, Told
from app.agent.fallback.tape import PRE_ROLL_S, TURN_AT_MOST_S, Tape
from app.domain.presets import Failover

HEARD_AFTER_S = 1.5
"""How long after the end of speech words may be waited for before somebody else is asked."""
SECOND_OPINION_S = 3.0
"""How long that somebody may take. When they hear no words either, it was noise."""
OWN_OPINION_S = 2.0
"""How long the same recogniser may take on another connection, where there is no other: the turn is not over yet."""
SURELY_SPEECH_S = 0.8
"""Longer than a cough."""
DOUBTS_AT_MOST = 3
"""So often in a row is the line said to what may be noise after all."""
AFTER_WORDS_S = 0.5
"""Kept of what came before a transcript: it is of earlier sound by at least that much."""
ECHOES_AT_MOST = 4096

_Heard = InputAudioRawFrame | VADUserStartedSpeakingFrame | VADUserStoppedSpeakingFrame


class HearingRelay(Relay):
    """Has the first of its recognisers hear the caller that can, and keeps the turn in hand for the next.

    Everything but their words passes by the recognisers, so that none of them can hold up the pipeline. A caller whom
    nobody has heard is told the line, once in a turn.
    """

    def __init__(self, choices: Sequence[Choice], told: Told, failover: Failover) -> None:
        super().__init__(choices, told)
        self._heard_after_s = min(HEARD_AFTER_S, failover.first_token_s)
        self._line = failover.line
        self._line_said = False
        """In the turn in hand."""
        self._doubts = 0
        self._spoke_at_s = 0.0
        self._spoken_s = 0.0
        """How long the caller has spoken without words for it, pauses apart."""
        self._tape = Tape()
        self._passed: deque[int] = deque(maxlen=ECHOES_AT_MOST)
        self._speaking = False
        self._began: VADUserStartedSpeakingFrame | None = None
        self._words_wanted = False
        """The caller has spoken, and no words have come of it."""
        self._opinion: Running | None = None
        """Who is asked beside the one at work, whose words are not there yet."""
        self._opinion_words = asyncio.Event()
        self._mending: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None

    async def cleanup(self) -> None:
        for task in (self._mending, self._waiting):
            if task is not None and not task.done():
                await self.cancel_task(task)
        await super().cleanup()

    async def _begin(self, frame: StartFrame, direction: FrameDirection) -> None:
        await super()._begin(frame, direction)
        if self._working is None:
            self._mending = self.create_task(self._reopened(self._in_order()[0]), "mending")

    async def _take(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, _Heard):
            self._keep(frame)
        if isinstance(frame, UserStoppedSpeakingFrame):
            self._turn_is_over()
        self._passed.append(frame.id)
        running = self._working
        if running is not None and running.failure is None:
            await running.put(frame, direction)
        await self.push_frame(frame, direction)

    async def _come_out(self, running: Running, frame: Frame, direction: FrameDirection) -> None:
        if frame.id in self._passed:
            return
        if running is self._opinion and isinstance(frame, TranscriptionFrame):
            self._agree(running)
        if running is not self._working:
            return
        if isinstance(frame, TranscriptionFrame):
            self._words_have_come(running)
        await self.push_frame(frame, direction)

    async def _has_failed(self, running: Running) -> None:
        if running is self._working:
            self._mend(running.failure or Failure("it failed"))

    # What is heard

    def _keep(self, frame: _Heard) -> None:
        self._tape.add(frame)
        if isinstance(frame, VADUserStartedSpeakingFrame) and not self._speaking:
            self._speaking, self._words_wanted, self._began = True, True, frame
            self._spoke_at_s = frame.timestamp - frame.start_secs
            self._stop_waiting()
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._speaking:
            self._speaking = False
            self._spoken_s += frame.timestamp - frame.stop_secs - self._spoke_at_s
            if self._words_wanted:
                self._wait_for_words()
        elif isinstance(frame, InputAudioRawFrame):
            in_hand = self._speaking or self._words_wanted
            self._tape.cut(TURN_AT_MOST_S if in_hand else PRE_ROLL_S)

    def _words_have_come(self, running: Running) -> None:
        running.choice.cool_down.worked()
        self._doubts, self._spoken_s = 0, 0.0
        self._tape.cut(AFTER_WORDS_S)
        if not self._speaking:
            self._words_wanted = False
            self._stop_waiting()

    def _turn_is_over(self) -> None:
        if not self._speaking:
            self._words_wanted = self._line_said = False
            self._spoken_s = 0.0
        best = self._in_order()[0]
        working = self._working
        idle = self._mending is None or self._mending.done()
        if idle and working is not None and best is not working.choice:
            self._mending = self.create_task(self._return_to(best), "return")

    # Who hears

    def _mend(self, failure: Failure) -> None:
        """Find somebody else to hear; called where the failed one must not be waited for."""
        if self._mending is not None and not self._mending.done():
            return
        self._mending = self.create_task(self._mended(failure), "mending")

    async def _mended(self, failure: Failure) -> None:
        assert self._working is not None
        await self._reopened(self._give_up_for_next(self._working.choice, failure))

    async def _reopened(self, choice: Choice) -> None:
        """Have this recogniser hear when its time has come, or the next one where it fails, until one does."""
        await asyncio.sleep(choice.cool_down.wait_s)
        while isinstance(running := await self._wake(choice), Failure):
            choice = self._give_up_for_next(choice, running)
            await asyncio.sleep(choice.cool_down.wait_s)
        await self._hear_again(running)
        self._change_to(running, ITS_TIME)
        if self._words_wanted and not self._speaking:
            self._wait_for_words()

    def _give_up_for_next(self, choice: Choice, failure: Failure) -> Choice:
        """Leave this recogniser alone until its time has come again. Returns whom to ask then."""
        choice.cool_down.failed(failure)
        following = self._in_order()[0]
        if self._working is not None:
            self._dismiss(self._working)
        self._worked_last = choice.label
        self._tell("" if following is choice else following.label, failure.cause)
        return following

    async def _return_to(self, best: Choice) -> None:
        running = await self._wake(best)
        if isinstance(running, Failure):
            best.cool_down.failed(running)
        elif self._speaking or self._words_wanted:
            self._dismiss(running)
        else:
            self._change_to(running, ITS_TIME)

    async def _hear_again(self, running: Running) -> None:
        """Let a recogniser hear the turn in hand from its beginning, and what comes meanwhile."""
        if (
            self._words_wanted
            and self._began is not None
            and not self._tape.has(VADUserStartedSpeakingFrame)
        ):
            await running.put(self._began, FrameDirection.DOWNSTREAM)
        index = 0
        while index < len(self._tape):
            frame = self._tape[index]
            self._passed.append(frame.id)
            await running.put(frame, FrameDirection.DOWNSTREAM)
            index += 1

    # When no words come

    def _wait_for_words(self) -> None:
        self._stop_waiting()
        self._waiting = self.create_task(self._ask_beside(), "words")

    def _stop_waiting(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done() and self._opinion is None:
            waiting.cancel()

    async def _ask_beside(self) -> None:
        """See to speech that there are no words for: ask another recogniser, and in the end tell the caller."""
        await asyncio.sleep(self._heard_after_s)
        working = self._working
        if not self._words_wanted:
            return
        if working is None:
            await self._say_line()
            return
        others = [each for each in self._in_order() if each is not working.choice]
        if others:
            failure = await self._ask(others[0], SECOND_OPINION_S)
            if failure is not None:
                others[0].cool_down.failed(failure)
                await self._doubt()
        elif self._spoken_s >= SURELY_SPEECH_S:
            await self._ask(working.choice, OWN_OPINION_S)
            await self._doubt()

    async def _ask(self, choice: Choice, within_s: float) -> Failure | None:
        """Have this recogniser hear the turn beside the one at work, whom it follows if it has words for it.

        The failure when it could not be asked.
        """
        asked = await self._wake(choice)
        if isinstance(asked, Failure):
            return asked
        self._opinion = asked
        self._opinion_words.clear()
        await self._hear_again(asked)
        try:
            async with asyncio.timeout(within_s):
                await self._opinion_words.wait()
        except TimeoutError:
            self._dismiss(asked)
        finally:
            self._opinion = None
        return None

    async def _doubt(self) -> None:
        """Nobody has words for what was speech, by its length, and nobody else can be asked."""
        in_vain = self._words_wanted and self._spoken_s >= SURELY_SPEECH_S
        if in_vain and self._doubts < DOUBTS_AT_MOST:
            self._doubts += 1
            self._tell("", stalled(self._heard_after_s, begun=False).cause)
            await self._say_line()

    async def _say_line(self) -> None:
        """Say that it takes a moment, once in a turn."""
        if self._line and not self._line_said:
            self._line_said = True
            await self.push_frame(TTSSpeakFrame(self._line))

    def _agree(self, running: Running) -> None:
        """Words were found where the one at work has none: it is the other's turn to hear."""
        self._opinion = None
        self._opinion_words.set()
        if not self._words_wanted:
            # They have come after all, and would be said twice.
            self._dismiss(running)
            return
        failed = self._working
        failure = stalled(self._heard_after_s, begun=False)
        if failed is not None:
            failed.choice.cool_down.failed(failure)
            self._worked_last = failed.choice.label
        self._change_to(running, failure.cause)
