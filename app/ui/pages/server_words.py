"""What the Settings page says of servers, tests and tokens."""

from collections.abc import Mapping, Sequence

from app.domain.connection_report import headed_report, took_words
from app.domain.servers import (
    ServerKind,
    ServerProfile,
    ServerView,
    StepState,
    TestStep,
    TokenReport,
)
from app.ui.labels import Tone
from app.ui.plain_text import shown, shown_lines

KIND_WORDS: Mapping[ServerKind, str] = {
    ServerKind.THIS_COMPUTER: "started by Greenroom on this computer",
    ServerKind.SELF_HOSTED: "self-hosted",
    ServerKind.CLOUD: "LiveKit Cloud",
}
STATE_WORDS: Mapping[StepState, str] = {
    StepState.WAITING: "waits",
    StepState.RUNNING: "running",
    StepState.OK: "OK",
    StepState.WARNING: "warning",
    StepState.FAILED: "failed",
    StepState.SKIPPED: "skipped",
}
LONGEST_REPORT = 40_000
NO_KEY = "none stored, or the keyring cannot be read"
NEW_ADDRESS = "new in each run, 127.0.0.1 only"


def address_of(profile: ServerProfile) -> str:
    return profile.url or NEW_ADDRESS


def second_line(view: ServerView) -> str:
    """What stands under a server's name: its address, or what is known of it where that matters more."""
    own = view.profile.kind is ServerKind.THIS_COMPUTER
    if view.state and (own or view.reachable is False):
        return view.state
    return address_of(view.profile)


def reach_words(view: ServerView) -> str:
    if view.reachable is None:
        return "not looked at yet"
    return "reachable" if view.reachable else "not reachable"


def detail_words(step: TestStep) -> str:
    """What a step found, and behind it what to do."""
    parts = (step.detail.rstrip(), step.remedy.strip())
    if not all(parts):
        return shown("".join(parts), 600)
    ends = step.detail.rstrip()[-1] in ".!?:"
    return shown(f"{parts[0]}{'' if ends else '.'} {parts[1]}", 600)


def step_words(step: TestStep) -> str:
    """A step in words, for the screen reader, the tooltip and the clipboard."""
    said = [f"{step.number}. {shown(step.label)}", STATE_WORDS[step.state], detail_words(step)]
    return ", ".join(part for part in [*said, took_words(step.took_ms)] if part)


def ended_count(steps: Sequence[TestStep]) -> int:
    return sum(step.state.ended for step in steps)


def outcome(steps: Sequence[TestStep], *, whole: bool) -> tuple[str, Tone]:
    """What a test that has ended shows, and how bad that is. `whole`: it was not cancelled."""
    failed = sum(step.state is StepState.FAILED for step in steps)
    warned = sum(step.state is StepState.WARNING for step in steps)
    if failed or warned:
        counts = [f"{failed} failed"] if failed else []
        counts += [f"{warned} to watch"] if warned else []
        return ", ".join(counts), Tone.BAD if failed else Tone.WARN
    if not whole:
        return "cancelled", Tone.NEUTRAL
    return "all OK", Tone.OK


def report_text(view: ServerView, steps: Sequence[TestStep], ended: str) -> str:
    """The test as text for a ticket or a chat. It names no key, secret or token."""
    where = f"{address_of(view.profile)}, {KIND_WORDS[view.profile.kind]}"
    text = headed_report(shown(view.profile.name), where, steps, ended)
    return shown_lines(text, LONGEST_REPORT)


def joining_words(report: TokenReport) -> str:
    """As whom one joins with a token, and what that does to others."""
    where = f" on {shown(report.profile, 80)}" if report.profile else ""
    does = "speak and listen" if report.may_speak else "only listen"
    who = shown(report.identity, 80)
    return f"You join{where} as {who} and {does}. Whoever is in the room under that identity is put out."


def expiry_words(report: TokenReport, now: float) -> tuple[str, Tone]:
    """When a token ends, seen from `now`, in seconds since the epoch."""
    if report.expires_at is None:
        return "never: anyone who has it can join for ever", Tone.WARN
    left_s = report.expires_at - now
    if report.expired:
        return f"expired {_span(-left_s)} ago", Tone.BAD
    return f"in {_span(left_s)}", Tone.OK if left_s < 3600 else Tone.WARN


def _span(seconds: float) -> str:
    seconds = max(0.0, seconds)
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86_400:.0f} days"
