"""Writes a call of the library as files that need no Greenroom."""

import json
import shutil
from pathlib import Path

from app.domain.call import Call
from app.domain.errors import UserError
from app.storage.call_library import CallLibrary
from app.storage.documents import Figures, call_document
from app.storage.report import report_html

DOCUMENT = "call.json"
AUDIO = "call.wav"
REPORT = "report.html"


def export_call(
    library: CallLibrary,
    call_id: str,
    folder: Path,
    *,
    ui: Figures | None = None,
    process: Figures | None = None,
) -> list[Path]:
    """Write call.json, report.html and, where there is a recording, call.wav into `folder`; what was written.

    Raises UserError when there is no such call or the folder cannot be written.
    """
    call = library.load(call_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        audio = _copy_audio(call, folder / AUDIO)
        document = json.dumps(
            call_document(call, ui=ui, process=process), indent=2, ensure_ascii=False
        )
        written = [
            _write(folder / DOCUMENT, f"{document}\n"),
            _write(folder / REPORT, report_html(call, AUDIO if audio else None)),
        ]
    except OSError as error:
        where = error.filename or folder
        raise UserError(
            f"{where} cannot be written: {error.strerror}.", "Name another folder."
        ) from error
    return [*written, *([audio] if audio else [])]


def _copy_audio(call: Call, to: Path) -> Path | None:
    """The copy of the recording; None where there is none, or no longer."""
    recorded = Path(call.recording_path) if call.recording_path else None
    if recorded is None or not recorded.is_file():
        return None
    shutil.copyfile(recorded, to)
    return to


def _write(path: Path, text: str) -> Path:
    """Write a file whole or not at all."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    return path
