"""`greenroom calls`: the call library."""

import argparse
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from app.commands.printing import latency_table, turn_lines
from app.domain.call import Call
from app.runtime.paths import data_folder
from app.storage.call_library import CallLibrary, CallRow, CallState
from app.storage.documents import call_document, was_spoken
from app.storage.export import export_call

LIBRARY = "calls.db"


def run(arguments: argparse.Namespace) -> int:
    """Do one act on the library of this user. Raises UserError for an unknown call or a damaged library."""
    library = CallLibrary(data_folder() / LIBRARY)
    match arguments.act:
        case "list":
            _print_list(library.calls(), as_json=arguments.json)
        case "show":
            _print_call(library, arguments.id, as_json=arguments.json)
        case _:
            _export(library, arguments.id, arguments.folder)
    return 0


def _print_list(rows: Sequence[CallRow], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([_row_document(row) for row in rows], indent=2, ensure_ascii=False))
    elif not rows:
        print("No calls yet. This makes one: greenroom demo")
    else:
        print("\n".join(_row_line(row) for row in rows))


def _row_line(row: CallRow) -> str:
    opened = datetime.fromtimestamp(row.opened_at).astimezone()
    ended = {
        CallState.LIVE: "live now",
        CallState.ENDED: _length(row),
        CallState.LOST: f"{_length(row)}, ended unexpectedly",
    }
    return f"{row.id:24} {opened:%Y-%m-%d %H:%M}  {row.agent:20} {ended[row.state]}"


def _length(row: CallRow) -> str:
    seconds = 0 if row.ended_at is None else max(0, round(row.ended_at - row.opened_at))
    return f"{seconds // 60}:{seconds % 60:02} long"


def _row_document(row: CallRow) -> dict[str, object]:
    return {
        "call_id": row.id,
        "room": row.room,
        "agent": row.agent,
        "started_at": row.opened_at,
        "ended_at": row.ended_at,
        "state": row.state.value,
        "audio": None if row.audio is None else str(row.audio),
    }


def _print_call(library: CallLibrary, prefix: str, *, as_json: bool) -> None:
    call = library.load(prefix)
    if as_json:
        print(json.dumps(call_document(call), indent=2, ensure_ascii=False))
    else:
        print("\n".join(_call_lines(library.find(prefix), call)))


def _call_lines(row: CallRow, call: Call) -> list[str]:
    turns = [turn for turn in call.turns if was_spoken(turn)]
    lines = [_row_line(row), *(line for turn in turns for line in turn_lines(turn))]
    if not turns:
        lines += ["", "Nobody said anything."]
    lines += latency_table([turn for turn in turns if turn.caller is not None])
    lines += ["", *(f"Alert: {alert.text}" for alert in call.alerts)] if call.alerts else []
    recorded = row.audio is not None and row.audio.is_file()
    return [*lines, "", f"Recording: {row.audio if recorded else 'none'}"]


def _export(library: CallLibrary, prefix: str, folder: Path) -> None:
    for path in export_call(library, prefix, folder):
        print(path)
