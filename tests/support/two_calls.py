"""Runs a panel without a display, with two calls at once and a caller in each, and prints what came of it as JSON.

    python -m tests.support.two_calls FOLDER PRESET

The local agent is in one call, that of the file PRESET in the other. Somebody goes from one to the other all the
while. FOLDER gets a picture of each call and its documents.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from app.bootstrap import Panel, Plan, run_panel
from app.domain.call_plan import CallPlan
from app.runtime.resources import resource

ASKED = ("opening_hours", "meeting_rooms")
TURNS = 2
SWITCH_S = 0.3


def main(folder: Path, preset: str) -> int:
    plans = (CallPlan(), CallPlan(preset))
    return run_panel(
        Plan(
            offscreen=True,
            operator_is_caller=False,
            script=lambda panel: _talk(panel, folder, plans),
        )
    )


async def _talk(panel: Panel, folder: Path, plans: Sequence[CallPlan]) -> int:
    desk = await panel.desk()
    keys = [panel.window.start_call(plan) for plan in plans]
    up = await asyncio.gather(*(panel.call_is_up(key) for key in keys))
    speaking = [
        asyncio.get_running_loop().create_task(
            desk.speak(key, [resource(f"audio/{name}.wav")], TURNS)
        )
        for key, name in zip(keys, ASKED, strict=True)
    ]
    strays = 0
    while not all(task.done() for task in speaking):
        for key in keys:
            panel.window.acts.take(key)
            await asyncio.sleep(SWITCH_S)
            strays += _strays(panel, key)
    for key in keys:
        panel.window.acts.take(key)
        await panel.save_screenshot(folder / f"{key}.png")
    await desk.end_call(keys[0])
    panel.pump.flush()
    other_lives = panel.feed.calls[keys[1]].live
    await desk.end_call(keys[1])
    panel.pump.flush()
    for key in keys:
        (folder / key).mkdir()
        desk.export(key, folder / key, panel.pump.ui_figures(key))
    answered = [any(answer.answered for answer in task.result()) for task in speaking]
    result = {"up": up, "answered": answered, "other_lives": other_lives, "strays": strays}
    said = [_said(panel, key) for key in keys]
    sys.stdout.write(json.dumps(result | {"calls": said}) + "\n")
    return 0


def _strays(panel: Panel, key: str) -> int:
    """How many turns the Stage shows that are not of this call."""
    assert panel.window.stage is not None
    script = panel.window.stage.script.table.script
    own = {id(turn) for turn in panel.feed.calls[key].turns}
    return sum(id(script.turn(row)) not in own for row in range(script.rowCount()))


def _said(panel: Panel, key: str) -> dict[str, object]:
    call = panel.feed.calls[key]
    asked = [turn.caller.text for turn in call.exchanges if turn.caller is not None]
    return {"key": key, "room": call.room, "asked": asked}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
