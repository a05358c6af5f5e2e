"""The files that a demo leaves: call.json, call.wav, report.html and screenshot.png."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.errors import UserError

if TYPE_CHECKING:
    from app.bootstrap import Panel

SCREENSHOT = "screenshot.png"


class DemoReport:
    """Writes the report of one call of a panel into `folder`; without a folder it does nothing. UI loop only."""

    def __init__(self, panel: "Panel", folder: Path | None) -> None:
        self._panel = panel
        self._folder = folder

    async def take_screenshot(self) -> None:
        """Picture the panel as it is now. Raises UserError when the folder cannot be written."""
        if self._folder is not None:
            _make(self._folder)
            await self._panel.save_screenshot(self._folder / SCREENSHOT)

    async def write(self, key: str) -> None:
        """Write the documents of a call that has ended; without one there are none. Raises UserError."""
        desk = await self._panel.desk()
        if self._folder is None or not desk.has_ended(key):
            return
        ui = self._panel.pump.ui_figures(key)
        await asyncio.get_running_loop().run_in_executor(None, desk.export, key, self._folder, ui)
        print(f"\nReport: {self._folder}", flush=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made: {error.strerror}.", "Name another folder."
        ) from error
