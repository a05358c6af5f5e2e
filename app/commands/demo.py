"""`greenroom demo`: a server, a room, an agent and a caller, with a window or without."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from app.bootstrap import Panel, Plan, has_display, run_panel
from app.commands.arguments import DEFAULT_TURNS
from app.commands.demo_report import DemoReport
from app.commands.printing import CallPrinter
from app.domain.call import Call, Changes
from app.domain.call_plan import CallPlan
from app.domain.errors import UsageError, UserError
from app.domain.turns import Turn
from app.runtime.resources import resource

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
    """Run the demo; without a window 0 only if the agent answered every turn."""
    if not arguments.headless and has_display():
        return _with_window(arguments.agent, arguments.report)
    if not arguments.headless:
        print("There is no display: the demo runs without a window.", file=sys.stderr)
    plan = _headless_plan(arguments)
    return run_panel(
        Plan(
            offscreen=True,
            operator_is_caller=False,
            script=lambda panel: HeadlessDemo(panel, plan).run(),
        )
    )


def shipped_questions() -> list[Path]:
    """The recorded questions that come with Greenroom, in the order to ask them."""
    listed = yaml.safe_load(resource("audio/questions.yaml").read_text(encoding="utf-8"))
    return [resource("audio") / question["file"] for question in listed]


def _with_window(preset: str, report: Path | None) -> int:
    _require_parent(report)
    return run_panel(Plan(script=lambda panel: _attended(panel, preset, report)))


def _headless_plan(arguments: argparse.Namespace) -> HeadlessPlan:
    for path in (arguments.report, arguments.join_info):
        _require_parent(path)
    return HeadlessPlan(
        preset=arguments.agent,
        questions=[path.absolute() for path in arguments.caller] or shipped_questions(),
        turns=arguments.turns or len(arguments.caller) or DEFAULT_TURNS,
        hold_s=arguments.hold,
        join_info=arguments.join_info,
        report=arguments.report,
    )


def _require_parent(path: Path | None) -> None:
    if path is not None and not path.absolute().parent.is_dir():
        raise UsageError(
            f"There is no folder {path.absolute().parent}.", "Make it, or name another."
        )


async def _attended(panel: Panel, preset: str, report: Path | None) -> int:
    """Start the call at once with the operator as its caller, and leave the rest to them."""
    documents = DemoReport(panel, report)
    key = panel.window.start_call(CallPlan(preset))
    await panel.closing.wait()
    await documents.take_screenshot()
    await panel.window.hang_up()
    await documents.write(key)
    return 0


class HeadlessDemo:
    """Lets recorded questions talk to the agent, prints the call as it happens, and judges it. UI loop only."""

    def __init__(self, panel: Panel, plan: HeadlessPlan) -> None:
        self._panel = panel
        self._plan = plan
        self._documents = DemoReport(panel, plan.report)
        self._key = ""
        """Of its call; empty while it is not live."""
        self._printer: CallPrinter | None = None

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        speaking = loop.create_task(self._converse())
        closing = loop.create_task(self._panel.closing.wait())
        await asyncio.wait({speaking, closing}, return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()
        interrupted = not speaking.done()
        if not interrupted:
            speaking.result()
            await _hold(self._panel, self._plan.hold_s)
        await self._end(INTERRUPTED if interrupted else DONE)
        await asyncio.wait({speaking})
        call = self._panel.feed.calls.get(self._key, Call())
        answered = _all_answered(call.exchanges, self._plan.turns)
        return 0 if answered and not interrupted else 1

    async def _converse(self) -> None:
        """Start the call and have the questions asked."""
        panel, plan = self._panel, self._plan
        desk = await panel.desk()
        await desk.check_speech(plan.questions)
        key = self._key = panel.window.start_call(CallPlan(plan.preset))
        if not await panel.call_is_up(key):
            return
        self._printer = CallPrinter(panel.feed.calls[key], sys.stdout)
        panel.feed.folded.connect(self._print)
        if plan.join_info is not None:
            _write_private(plan.join_info, await desk.invitation(key))
        await desk.speak(key, plan.questions, plan.turns)

    def _print(self, key: str, changes: Changes) -> None:
        if key == self._key and self._printer is not None:
            self._printer.follow(changes)

    async def _end(self, reason: str) -> None:
        await self._documents.take_screenshot()
        await (await self._panel.desk()).end(self._key, reason)
        self._panel.pump.flush()
        if self._printer is not None:
            self._printer.finish()
        await self._documents.write(self._key)


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
