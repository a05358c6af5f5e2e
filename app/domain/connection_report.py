"""A connection test as text to be pasted somewhere."""

from collections.abc import Sequence

from app.domain.servers import StepState, TestStep

_MARKS = {
    StepState.WAITING: "-",
    StepState.RUNNING: "...",
    StepState.OK: "OK",
    StepState.WARNING: "WARN",
    StepState.FAILED: "FAIL",
    StepState.SKIPPED: "SKIP",
}


def report(steps: Sequence[TestStep]) -> str:
    """All steps and what to do; steps hold no secret, so neither does this."""
    return "\n".join(line for step in steps for line in step_lines(step))


def headed_report(server: str, where: str, steps: Sequence[TestStep], ended: str) -> str:
    """The report for a ticket or a chat, which says of which server it is, where that is and how the test ended."""
    head = f"Connection test of “{server}”\n{where}\nResult: {ended}\n"
    return f"{head}\n{report(steps)}\n"


def step_lines(step: TestStep) -> list[str]:
    """One step: its state and what was found, and below it what to do."""
    took = "" if step.took_ms is None else f"  ({took_words(step.took_ms)})"
    first = f"{_MARKS[step.state]:5}{step.number:2}  {step.label:24}{step.detail}{took}".rstrip()
    return [first, f"{'':33}{step.remedy}"] if step.remedy else [first]


def took_words(took_ms: float | None) -> str:
    """How long a step took, such as `1.8 s`; nothing of one that did not run."""
    if took_ms is None:
        return ""
    return f"{took_ms:.0f} ms" if took_ms < 1000 else f"{took_ms / 1000:.1f} s"
