"""`greenroom demo`: a server, a room, an agent and a caller, with a window or without."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.bootstrap import Panel, Plan, has_display, run_panel
from app.commands.arguments import DEFAULT_TURNS
from app.commands.printing import CallPrinter
from app.domain.errors import UsageError, UserError
from app.domain.turns import Turn
from app.runtime.resources import resource

SHIPPED_QUESTIONS = 3
DONE = "The demo is over."
INTERRUPTED = "The demo was interrupted."


@dataclass(frozen=True, slots=True)
class HeadlessPlan:
    """What the headless caller says and what is written of it."""

    preset: str
    questions: Sequence[Path]
    turns: int
    hold_s: float
    join_info: Path | None
    report: Path | None


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; 0 only if the agent answered every turn."""
    headless = arguments.headless or not has_display()
    if not headless:
        return run_panel(Plan(start_preset=arguments.agent, report=arguments.report))
    if not arguments.headless:
        print("There is no display: the demo runs without a window.", file=sys.stderr)
    plan = _headless_plan(arguments)
    return run_panel(Plan(offscreen=True, script=lambda panel: _headless(panel, plan)))


def _headless_plan(arguments: argparse.Namespace) -> HeadlessPlan:
    questions = [path.absolute() for path in arguments.caller] or shipped_questions()
    turns = arguments.turns or (len(arguments.caller) or DEFAULT_TURNS)
    for path in (arguments.report, arguments.join_info):
        _require_parent(path)
    return HeadlessPlan(
        preset=arguments.agent,
        questions=questions,
        turns=turns,
        hold_s=arguments.hold,
        join_info=arguments.join_info,
        report=arguments.report,
    )


def shipped_questions() -> list[Path]:
    """The recorded questions that come with Greenroom, in the order to ask them."""
    return [resource(f"audio/question-{number}.wav") for number in range(1, SHIPPED_QUESTIONS + 1)]


def _require_parent(path: Path | None) -> None:
    if path is not None and not path.absolute().parent.is_dir():
        raise UsageError(
            f"There is no folder {path.absolute().parent}.", "Make it, or name another."
        )


async def _headless(panel: Panel, plan: HeadlessPlan) -> int:
    """Let recorded questions talk to the agent, print the call as it happens, and judge it."""
    printer = CallPrinter(panel.feed.call, sys.stdout)
    panel.feed.changed.connect(printer.follow)
    spoken = await _converse(panel, plan)
    if spoken and not panel.closing.is_set():
        await _hold(panel, plan.hold_s)
    await panel.settle()
    if plan.report is not None:
        await panel.write_screenshot(plan.report)
    await panel.end_call(INTERRUPTED if not spoken else DONE)
    printer.finish()
    if plan.report is not None:
        await panel.write_report(plan.report)
        print(f"\nReport: {plan.report}", flush=True)
    return 0 if spoken and _all_answered(panel.feed.call.exchanges, plan.turns) else 1


async def _converse(panel: Panel, plan: HeadlessPlan) -> bool:
    """Start the call and have the questions asked; False when it was interrupted."""
    conversation = asyncio.get_running_loop().create_task(_speak(panel, plan))
    closing = asyncio.get_running_loop().create_task(panel.closing.wait())
    await asyncio.wait({conversation, closing}, return_when=asyncio.FIRST_COMPLETED)
    closing.cancel()
    if conversation.done():
        return await conversation
    await panel.end_call(INTERRUPTED)
    await conversation
    return False


async def _speak(panel: Panel, plan: HeadlessPlan) -> bool:
    desk = await panel.ready()
    await desk.start_call(plan.preset)
    if plan.join_info is not None:
        _write_private(plan.join_info, desk.invitation())
    return await desk.speak(plan.questions, plan.turns)


async def _hold(panel: Panel, hold_s: float) -> None:
    if hold_s <= 0:
        return
    print(f"\nThe call stays open for {hold_s:g} s more; Ctrl+C ends it.", flush=True)
    try:
        async with asyncio.timeout(hold_s):
            await panel.closing.wait()
    except TimeoutError:
        return


def _all_answered(exchanges: Sequence[Turn], turns: int) -> bool:
    return len(exchanges) >= turns and all(turn.answered for turn in exchanges)


def _write_private(path: Path, document: dict[str, str]) -> None:
    """Write for this user's eyes only: it opens a room."""
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}.", "Name another file."
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)
