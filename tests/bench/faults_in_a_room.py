"""What a caller in a real room hears when a provider fails, and what the panel says of it.

    python -m tests.bench.faults_in_a_room [--only stt|llm|tts[/FAULT[/TURN[/WAY]]]] [--out FILE] [--at-once N]

Each fault of the provider host hits each part (Deepgram, OpenAI, Cartesia) in the first turn and in the fourth, with
a fallback and alone, every time in a call of its own on a real livekit-server. What was heard, and after how long, is
measured in the caller's own audio, where each text has a pitch of its own. Prints a markdown table, a line for each
case. Exits with 1 when the caller of a fallback did not have the answer within 5 s and exactly once, or a caller
without one heard neither an answer nor the line.
"""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from loguru import logger

from app.agent.local_models import LoadedModels, LocalModels
from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.media.server import EmbeddedServer
from app.media.server_binary import find_livekit_server
from app.runtime.clock import AnchoredClock
from tests.support.faulty_call import (
    ASKS_AGAIN,
    LINE,
    RECORDED,
    SERVICES,
    Case,
    FaultyCall,
    Heard,
    Outcome,
    too_late,
    wrongs,
)
from tests.support.relayed import cloud_preset
from tests.support.speaking.faults import Kind
from tests.support.speaking.process import SpeakingProcess
from tests.support.speaking.sound import length_s

TURNS = (1, 4)
AT_ONCE = 2
CASE_S = 120.0
HEADS = (
    "part",
    "fault",
    "turn",
    "fallback",
    "heard",
    "after",
    "sound",
    "switched",
    "the panel said",
)


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    cells: tuple[str, ...]
    wrong: tuple[str, ...]


def all_cases(only: str) -> list[Case]:
    cases = [
        Case(part, kind, turn, fallback)
        for part in SERVICES
        for kind in Kind
        for turn in TURNS
        for fallback in (True, False)
    ]
    return [case for case in cases if f"{case.name}/".startswith(f"{only}/" if only else "")]


# How it is told


def cells(case: Case, outcome: Outcome) -> tuple[str, ...]:
    heard = outcome.heard
    words = ", then ".join(_quoted(each) for each in heard) or "nothing"
    after = f"{heard[0].after_s:.2f} s" if heard else "–"
    sound = f"{sum(each.length_s for each in heard):.2f} s"
    switched = "; ".join(
        f"{each.from_service} → {each.to_service or 'nobody'}" for each in outcome.switches
    )
    told = "; ".join(dict.fromkeys(alert.text for alert in outcome.call.alerts))
    way = "yes" if case.fallback else "no"
    begin = (case.part.value, case.kind.value, str(case.turn), way)
    return (*begin, words, after, sound, switched or "–", told or "–")


def _quoted(heard: Heard) -> str:
    if heard.text == RECORDED:
        return f"“{LINE}” in this computer’s voice"
    if heard.text == ASKS_AGAIN:
        return "a request to say it again"
    broken_off = heard.length_s < 0.75 * length_s(heard.text)
    return f"“{heard.text}{'…' if broken_off else ''}”"


def as_table(rows: Sequence[Row]) -> str:
    lines = [(*HEADS, "verdict"), ("---",) * (len(HEADS) + 1)]
    lines += [(*row.cells, "; ".join(row.wrong) or "good") for row in rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines
    )


# The run


async def tell(
    case: Case, host: SpeakingProcess, server: ServerAccess, models: LoadedModels
) -> Row:
    """Run the case. What breaks it is its verdict."""
    try:
        async with asyncio.timeout(CASE_S):
            outcome = await FaultyCall(case, host, server).outcome(models)
    except (AssertionError, TimeoutError, UserError) as error:
        begin = case.name.split("/")
        blank = ("–",) * (len(HEADS) - len(begin))
        return Row(case, (*begin, *blank), (f"{type(error).__name__}: {error}",))
    return Row(case, cells(case, outcome), (*too_late(case, outcome), *wrongs(case, outcome)))


async def run(cases: Sequence[Case], at_once: int) -> list[Row]:
    clock, weights = AnchoredClock(), LocalModels()
    server = EmbeddedServer(find_livekit_server(), clock)
    waiting = list(reversed(cases))
    rows: list[Row] = []
    try:
        access = await server.start()
        with SpeakingProcess() as host:
            loading = weights.load(cloud_preset(host), lambda _: None, clock)
            models = await asyncio.wrap_future(loading)

        async def work() -> None:
            with SpeakingProcess() as host:
                while waiting:
                    row = await tell(waiting.pop(), host, access, models)
                    rows.append(row)
                    sys.stderr.write(f"{row.case.name}: {'; '.join(row.wrong) or 'good'}\n")

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(work())
    finally:
        await server.stop()
        weights.close()
    return sorted(rows, key=lambda row: cases.index(row.case))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.faults_in_a_room")
    parser.add_argument("--only", default="", metavar="PART")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    chosen = parser.parse_args(arguments)
    cases = all_cases(chosen.only.rstrip("/"))
    if not cases:
        parser.error(f"there is no case {chosen.only}")
    logger.remove()
    logging.getLogger("app").setLevel(logging.ERROR)
    began = time.monotonic()
    rows = asyncio.run(run(cases, chosen.at_once))
    failed = sum(bool(row.wrong) for row in rows)
    load = ", ".join(f"{value:.1f}" for value in psutil.getloadavg())
    figures = f"{len(rows)} cases, {failed} failed, {time.monotonic() - began:.0f} s, load {load}"
    text = f"{as_table(rows)}\n\n{figures}\n"
    sys.stdout.write(text)
    if chosen.out is not None:
        chosen.out.write_text(text, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
