"""Decides which turn a fact of the conversation belongs to."""

from app.domain.turns import Turn, Utterance

RESUMES_WITHIN_S = 3.0
"""A caller who goes on so soon after stopping was pausing; later, the answer never came and this is another turn."""
NEIGHBOURS = 4
"""Facts of a conversation concern its last few turns only."""


class Script:
    """The turns of a call in their order: greeting and exchanges. One thread at a time."""

    def __init__(self, turns: list[Turn]) -> None:
        self.turns = turns
        self._exchange_count = 0

    @property
    def last(self) -> Turn | None:
        return self.turns[-1] if self.turns else None

    def caller_begins(self, at: float) -> Turn:
        """The turn that the caller opens now, or goes on with after a pause."""
        turn = self.last
        if turn is None or turn.caller is None or turn.caller.typed or _has_answer(turn):
            return self._open_exchange(at)
        turn.agent = None  # An answer drafted but not spoken is void.
        caller = turn.caller
        resumed = caller.stopped_at is None or at - caller.stopped_at <= RESUMES_WITHIN_S
        if caller.text and not resumed:
            return self._open_exchange(at)
        if not resumed:
            turn.opened_at = caller.started_at = at
        _resume(turn, caller)
        return turn

    def caller_says(self, at: float) -> Turn:
        """The turn of a spoken text; that of the one before may arrive after its answer has begun."""
        turn = self.last
        if turn is None or turn.caller is None or turn.caller.typed:
            return self._open_exchange(at)
        if _has_answer(turn) and turn.caller.final:
            return self._open_exchange(at)
        return turn

    def caller_types(self, at: float) -> Turn:
        """The turn of a typed text: one of its own, but for a turn in which nothing has been said yet."""
        turn = self.last
        if turn is None or turn.caller is None or turn.caller.text or _has_answer(turn):
            return self._open_exchange(at)
        turn.opened_at = at
        return turn

    def waiting(self) -> Turn | None:
        """The turn whose caller has no answer yet."""
        turn = self.last
        return None if turn is None or turn.caller is None or turn.answer_begun else turn

    def agent_begins(self, at: float) -> Turn:
        """The turn that the agent now answers, or a new one when nobody asked."""
        turn = self.last
        if turn is None or (turn.answer_begun and turn.agent is not None and turn.agent.final):
            return self._open(at)
        return turn

    def speaking(self) -> Turn | None:
        """The newest turn whose answer has begun."""
        return next((t for t in reversed(self.turns[-NEIGHBOURS:]) if t.answer_begun), None)

    def agent_says(self, at: float, *, interrupted: bool) -> Turn | None:
        """The turn that a text of the agent belongs to.

        The text of an answer that was cut off arrives after the caller's next turn has begun. None for one that was
        cut off before anybody heard it.
        """
        unfinished = self._unfinished()
        if interrupted:
            return unfinished
        last = self.last
        if unfinished is not None and last is not None and _caller_speaks(last):
            return unfinished
        if last is None or (last.agent is not None and last.agent.final):
            return self._open(at)
        return last

    def reported(self, at: float, caller_stopped_at: float | None) -> Turn | None:
        """The turn of a reported latency; None for a greeting's after the caller has opened the conversation."""
        last = self.last
        if caller_stopped_at is None:
            turn = self._open(at) if last is None else last
            return turn if turn.caller is None else None
        if last is None or last.caller is None:
            return self._open_exchange(at)
        before = self.turns[-2] if len(self.turns) > 1 else None
        if before is not None and _awaits_report(before) and caller_stopped_at < last.opened_at:
            return last if last.answer_begun else before
        return last

    def around(self, turn: Turn) -> tuple[float | None, float | None]:
        """When the answers before and after this turn's began, as far as they have."""
        near = self.turns[-2 * NEIGHBOURS :]
        begun = [(t.opened_at, t.agent.started_at) for t in near if t.agent is not None]
        earlier = [at for opened, at in begun if at is not None and opened < turn.opened_at]
        later = [at for opened, at in begun if at is not None and opened > turn.opened_at]
        return max(earlier, default=None), min(later, default=None)

    def _open_exchange(self, at: float) -> Turn:
        """A turn that the caller opens, numbered after those before it."""
        turn = self._open(at)
        turn.caller = Utterance(started_at=at)
        self._exchange_count += 1
        turn.index = self._exchange_count
        return turn

    def _open(self, at: float) -> Turn:
        turn = Turn(index=0, opened_at=at)
        self.turns.append(turn)
        return turn

    def _unfinished(self) -> Turn | None:
        """The turn whose answer has been heard but whose final text has not come."""
        turn = self.speaking()
        return (
            turn if turn is not None and turn.agent is not None and not turn.agent.final else None
        )


def _has_answer(turn: Turn) -> bool:
    return turn.answer_begun or (turn.agent is not None and turn.agent.final)


def _caller_speaks(turn: Turn) -> bool:
    return turn.agent is None and turn.caller is not None and turn.caller.stopped_at is None


def _awaits_report(turn: Turn) -> bool:
    return turn.caller is not None and turn.answer_begun and turn.reported_ms is None


def _resume(turn: Turn, caller: Utterance) -> None:
    caller.stopped_at = None
    if caller.final:
        caller.said_before, caller.final = caller.text, False
    turn.live_stages.clear()
