"""A turn in words: the same ones for hover, screen reader and clipboard."""

from enum import Enum, auto

from app.domain.call import Call
from app.domain.facts import Tap
from app.domain.turns import Turn
from app.ui.plain_text import shown
from app.ui.views.figures import clock, running_seconds, seconds
from app.ui.views.stages import live_parts, part_of, waiting_since

CUT_OFF = "cut off by the caller"
TEXT_CAP = 4000
"""Characters of an utterance that are drawn; the whole is on the clipboard."""


class Phase(Enum):
    """How far an exchange has come."""

    CALLER_SPEAKS = auto()
    WAITING = auto()
    ANSWERED = auto()
    UNANSWERED = auto()


def phase_of(call: Call, turn: Turn) -> Phase:
    """How far a turn of `call` has come."""
    if turn.answer_begun or (turn.agent is not None and turn.agent.final):
        return Phase.ANSWERED
    if not call.live or turn is not call.turns[-1]:
        return Phase.UNANSWERED
    caller = turn.caller
    still_speaking = caller is not None and caller.stopped_at is None and not caller.typed
    return Phase.CALLER_SPEAKS if still_speaking and not turn.live_stages else Phase.WAITING


def opened_at(call: Call) -> float:
    """Where the call's own clock begins."""
    if call.opened_at is not None:
        return call.opened_at
    return call.turns[0].opened_at if call.turns else 0.0


def caller_clock(call: Call, turn: Turn) -> str:
    """When the caller of a turn began to speak."""
    caller = turn.caller
    began = turn.opened_at if caller is None or caller.started_at is None else caller.started_at
    return clock(began, opened_at(call))


def agent_clock(call: Call, turn: Turn) -> str:
    """When the agent of a turn began to speak."""
    agent = turn.agent
    began = turn.opened_at if agent is None or agent.started_at is None else agent.started_at
    return clock(began, opened_at(call))


def heard_text(turn: Turn) -> str:
    """The delay at the listener's ear, marked where it is uncertain; empty where it was not measured."""
    gap = turn.gaps.get(Tap.LISTENER)
    if gap is None:
        return ""
    return f"heard after {'≈ ' if gap.uncertain else ''}{seconds(gap.ms)}"


def waited_ms(turn: Turn, now: float) -> float | None:
    """How long the caller of the turn in hand has waited by now."""
    since = waiting_since(turn)
    return None if since is None else max(0.0, (now - since) * 1000)


def caller_text(call: Call, turn: Turn) -> str:
    """The caller's side of a turn, as a sentence."""
    caller = turn.caller
    if caller is None:
        return "Nobody asked: the agent speaks first"
    said = shown(caller.text, TEXT_CAP) or "nothing understood yet"
    how = "" if caller.final else " (still speaking)"
    typed = " typed" if caller.typed else ""
    return f"Caller{typed} at {caller_clock(call, turn)}: {said}{how}"


def agent_text(call: Call, turn: Turn) -> str:
    """The agent's side of a turn, as a sentence."""
    phase = phase_of(call, turn)
    agent = turn.agent
    if agent is None or phase is not Phase.ANSWERED:
        unanswered = "The agent did not answer"
        words = {Phase.WAITING: "The agent is thinking", Phase.UNANSWERED: unanswered}
        return words.get(phase, "")
    delay = "" if turn.reported_ms is None else f" after {seconds(turn.reported_ms)}"
    heard = f", {heard_text(turn)}" if heard_text(turn) else ""
    said = shown(agent.text, TEXT_CAP)
    cut = f", {CUT_OFF}" if agent.interrupted else ""
    who = "Agent" if turn.caller is not None else "Agent, greeting"
    return f"{who}{delay}{heard}: {said}{cut}"


def turn_text(call: Call, turn: Turn, now: float) -> str:
    """A whole turn: its number, its delay, the slowest part, what was heard and said."""
    name = f"Turn {turn.index}" if turn.caller is not None else "Greeting"
    pieces = [name, *_delay_pieces(call, turn, now)]
    if heard := heard_text(turn):
        pieces.append(heard)
    if turn.agent is not None and turn.agent.interrupted:
        pieces.append(CUT_OFF)
    said = shown(turn.caller.text) if turn.caller is not None else ""
    return ", ".join(pieces) + (f". Caller said: {said}" if said else "")


def _delay_pieces(call: Call, turn: Turn, now: float) -> list[str]:
    if turn.reported_ms is not None:
        slowest = turn.slowest
        which = [] if slowest is None else [f"slowest {part_of(slowest).text()}"]
        return [seconds(turn.reported_ms), *which]
    phase = phase_of(call, turn)
    if phase is Phase.WAITING:
        parts = live_parts(turn, now)
        waited = waited_ms(turn, now)
        so_far = "" if waited is None else f" {running_seconds(waited)}"
        return [f"waiting{so_far}", *(f"now {part.label}" for part in parts[-1:])]
    return ["not answered"] if phase is Phase.UNANSWERED else []
