"""Prints a call as it happens: what was said and where the time of each answer went."""

from collections.abc import Sequence
from typing import TextIO

from app.domain.call import Call, Changes
from app.domain.facts import Tap
from app.domain.turns import Turn, percentiles

NOT_MEASURED = "not measured"


class CallPrinter:
    """Prints each turn once it is complete, and a table at the end. One thread."""

    def __init__(self, call: Call, out: TextIO) -> None:
        self._call = call
        self._out = out
        self._printed = 0

    def follow(self, changes: Changes) -> None:
        """Print the turns that `changes` completed."""
        if changes.turns_updated:
            self._print_until(self._complete_count())

    def finish(self) -> None:
        """Print what is left and the table."""
        self._print_until(len(self._call.turns))
        self._write(latency_table(self._call.exchanges))

    def _complete_count(self) -> int:
        """Turns that nothing more is expected of: answered and heard, or followed by another."""
        turns = self._call.turns
        last_done = bool(turns) and _complete(turns[-1])
        return len(turns) if last_done else max(0, len(turns) - 1)

    def _print_until(self, count: int) -> None:
        for turn in self._call.turns[self._printed : count]:
            self._write(turn_lines(turn))
        self._printed = max(self._printed, count)

    def _write(self, lines: Sequence[str]) -> None:
        for line in lines:
            print(line, file=self._out, flush=True)


def turn_lines(turn: Turn) -> list[str]:
    """A turn as lines of text."""
    lines = [""]
    if turn.caller is not None:
        lines.append(f"{turn.index:3}  Caller  {turn.caller.text}")
    if turn.agent is not None:
        cut = "  (cut off by the caller)" if turn.agent.interrupted else ""
        lines.append(f"     Agent   {turn.agent.text}{cut}")
    else:
        lines.append("     Agent   (no answer)")
    if turn.caller is not None:
        lines.append(f"             {_delays(turn)}")
    return lines


def latency_table(turns: Sequence[Turn]) -> list[str]:
    """Median time of each stage and of each latency, in order, with the number of turns."""
    keys = {stage.key: stage.label for turn in turns for stage in turn.stages}
    rows = [
        (label, [s.duration_ms for turn in turns for s in turn.stages if s.key == key])
        for key, label in keys.items()
    ]
    rows.append(("Reported", [t.reported_ms for t in turns if t.reported_ms is not None]))
    names = {
        Tap.AGENT: "Agent audio",
        Tap.LISTENER: "Heard by a listener",
        Tap.CALLER: "At the caller",
    }
    rows += [
        (name, [t.gaps[tap].ms for t in turns if tap in t.gaps]) for tap, name in names.items()
    ]
    lines = ["", f"{'':24}{'median':>10}{'p95':>10}{'n':>5}"]
    return lines + [_row(name, values) for name, values in rows if values]


def _row(name: str, values: Sequence[float]) -> str:
    figures = percentiles(values)
    p95 = "from 5" if figures.p95 is None else f"{figures.p95:.0f} ms"
    return f"{name[:23]:24}{figures.p50 or 0.0:>7.0f} ms{p95:>10}{figures.n:>5}"


def _complete(turn: Turn) -> bool:
    if turn.agent is None or not turn.agent.final:
        return False
    return turn.caller is None or Tap.LISTENER in turn.gaps


def _delays(turn: Turn) -> str:
    heard = turn.gaps.get(Tap.LISTENER)
    audio = turn.gaps.get(Tap.AGENT)
    parts = [
        f"reported {_seconds(turn.reported_ms)}",
        f"agent audio {_seconds(audio.ms if audio else None)}",
        f"heard {_seconds(heard.ms if heard else None)}{' (uncertain)' if heard and heard.uncertain else ''}",
    ]
    if turn.slowest is not None:
        parts.append(f"slowest {turn.slowest.label} {_seconds(turn.slowest.duration_ms)}")
    return ", ".join(parts)


def _seconds(ms: float | None) -> str:
    return NOT_MEASURED if ms is None else f"{ms / 1000:.2f} s"
