"""Runs the fourteen steps in order, each within its deadline."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.servers import ServerKind, StepLabel, StepState, TestStep
from app.domain.step_outcome import DeviceTest, Outcome, failed, skipped
from app.media.connection_test.address import address
from app.media.connection_test.answering import answering
from app.media.connection_test.certificate import certificate
from app.media.connection_test.clock_offset import clock_offset
from app.media.connection_test.join_token import join_token
from app.media.connection_test.key import key
from app.media.connection_test.media import over_tcp, over_udp
from app.media.connection_test.messages import messages
from app.media.connection_test.reconnect import reconnect
from app.media.connection_test.relay import relay
from app.media.connection_test.signalling import signalling
from app.media.connection_test.sound import sound
from app.media.connection_test.surroundings import devices, webhook
from app.media.connection_test.trial import Subject, Trial, WebhookWait
from app.media.connection_test.validation import still_answers
from app.runtime.redaction import Redactor

log = logging.getLogger(__name__)

Check = Callable[[Trial], Awaitable[Outcome]]
OnStep = Callable[[TestStep], None]

CLEANED_UP_S = 12.0
GONE = failed(
    "the server no longer answers", "It has stopped in the middle of the test: look at its log."
)
BROKE = "Run the test again; Greenroom's log has the rest."
OVERLOADED = "The server is overloaded or stuck: look at it, and restart it if need be."


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called, what it does, and the step without which it cannot run."""

    label: str
    check: Check
    needs: str = ""
    deadline_s: float = 10.0


def course(subject: Subject) -> tuple[Step, ...]:
    """The steps, in order. Without a webhook to wait for, the devices of this computer are the last."""
    # Somebody else's token says nothing of those that the test makes for itself.
    joined = StepLabel.KEY if subject.join_token is not None else StepLabel.JOIN
    last = Step(StepLabel.WEBHOOK, webhook, StepLabel.KEY)
    if subject.webhook is None:
        last = Step(StepLabel.DEVICES, devices, deadline_s=30.0)
    return (
        Step(StepLabel.ADDRESS, address, deadline_s=15.0),
        Step(StepLabel.CERTIFICATE, certificate, StepLabel.ADDRESS),
        Step(StepLabel.ANSWERS, answering, StepLabel.CERTIFICATE),
        Step(StepLabel.CLOCK, clock_offset, StepLabel.ANSWERS),
        Step(StepLabel.KEY, key, StepLabel.CLOCK),
        Step(StepLabel.JOIN, join_token, StepLabel.KEY),
        Step(StepLabel.SIGNALLING, signalling, joined, deadline_s=15.0),
        Step(StepLabel.UDP, over_udp, StepLabel.SIGNALLING, deadline_s=15.0),
        Step(StepLabel.TCP, over_tcp, StepLabel.SIGNALLING, deadline_s=20.0),
        Step(StepLabel.RELAY, relay, StepLabel.SIGNALLING, deadline_s=15.0),
        Step(StepLabel.SOUND, sound, StepLabel.SIGNALLING, deadline_s=15.0),
        Step(StepLabel.RECONNECT, reconnect, StepLabel.SIGNALLING, deadline_s=30.0),
        Step(StepLabel.MESSAGES, messages, StepLabel.SIGNALLING, deadline_s=20.0),
        last,
    )


async def run_connection_test(
    access: ServerAccess,
    on_step: OnStep,
    *,
    kind: ServerKind,
    webhook: WebhookWait | None = None,
    devices: DeviceTest | None = None,
    join_token: str | None = None,
    now: Callable[[], float] = time.time,
) -> tuple[TestStep, ...]:
    """Test a server, and return its fourteen steps.

    `on_step` is first told all of them as waiting, then each one as it begins and as it ends. `join_token` is
    somebody's token to show the server instead of one of our own. Cancelled, it ends within some seconds: everybody
    leaves the temporary room, which is deleted; a connect under way is not cut off but left behind
    (`app.media.connection.settle_abandoned`). No failure of the server raises anything. Any one loop.
    """
    subject = Subject(access, kind, now, join_token, webhook, devices)
    trial = Trial(subject)
    try:
        return await _run(trial, on_step)
    finally:
        await _clean_up(trial)


async def _run(trial: Trial, on_step: OnStep) -> tuple[TestStep, ...]:
    redactor = Redactor()
    redactor.register(trial.access.api_secret)
    redactor.register(trial.subject.join_token or "")
    steps = course(trial.subject)
    told = [TestStep(n, step.label, StepState.WAITING) for n, step in enumerate(steps, 1)]
    for waiting in told:
        on_step(waiting)
    failures: dict[str, str] = {}
    for index, step in enumerate(steps):
        running = replace(told[index], state=StepState.RUNNING)
        on_step(running)
        trial.tell = partial(_tell, on_step, running, redactor)
        if (cause := failures.get(step.needs)) is not None:
            failures[step.label] = cause
            told[index] = _ended(running, skipped(f"not tried: {cause} failed"), None)
        else:
            told[index] = await _take(trial, step, running, redactor)
            if told[index].state is StepState.FAILED:
                failures[step.label] = step.label
                if told[index].detail == GONE.detail:
                    failures[step.needs] = step.label
        on_step(told[index])
    return tuple(told)


def _tell(on_step: OnStep, running: TestStep, redactor: Redactor, doing: str) -> None:
    on_step(replace(running, detail=redactor.redact(doing)))


async def _take(trial: Trial, step: Step, running: TestStep, redactor: Redactor) -> TestStep:
    began_at = time.monotonic()
    try:
        async with asyncio.timeout(step.deadline_s):
            outcome = await step.check(trial)
    except TimeoutError:
        log.info("%s takes more than %s s", step.label, step.deadline_s)
        outcome = failed(f"no answer within {step.deadline_s:g} s", OVERLOADED)
    except UserError as error:
        outcome = failed(error.title.rstrip("."), error.hint)
    except Exception as error:
        # The SDK raises what it likes when a connection breaks under it; the other steps still count.
        log.warning("%s broke", step.label, exc_info=True)
        outcome = failed(f"the connection broke ({type(error).__name__})", BROKE)
    if outcome.state is StepState.FAILED and step.needs == StepLabel.SIGNALLING:
        outcome = outcome if await still_answers(trial) else GONE
    clean = replace(
        outcome, detail=redactor.redact(outcome.detail), remedy=redactor.redact(outcome.remedy)
    )
    took_ms = None if clean.state is StepState.SKIPPED else (time.monotonic() - began_at) * 1000.0
    return _ended(running, clean, took_ms)


def _ended(step: TestStep, outcome: Outcome, took_ms: float | None) -> TestStep:
    return replace(
        step,
        state=outcome.state,
        detail=outcome.detail,
        remedy=outcome.remedy,
        took_ms=took_ms,
    )


async def _clean_up(trial: Trial) -> None:
    """Close the trial in a task of its own, which a second cancellation does not stop."""
    closing = asyncio.get_running_loop().create_task(trial.close(), name=f"close {trial.room}")
    _closing.add(closing)
    closing.add_done_callback(_closing.discard)
    try:
        async with asyncio.timeout(CLEANED_UP_S):
            await asyncio.shield(closing)
    except TimeoutError:
        log.warning("the connection test takes long to leave %s", trial.room)


_closing: set[asyncio.Task[None]] = set()
