"""What an import of servers found, of which only what is ticked is stored."""

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from app.domain.servers import FoundServer
from app.ui.controls import (
    CheckBox,
    Dialog,
    ElidedLabel,
    Role,
    column,
    label,
    scrolled,
)
from app.ui.plain_text import shown
from app.ui.tokens import SPACE_M, SPACE_S, Token

WIDTH = 560
LIST_HEIGHT = 360
NOTHING = (
    "There is nothing to import. Greenroom looks into the configuration of lk, which “lk project add” or "
    "“lk cloud auth” writes, and for the variables LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET."
)
LEAD = "Their keys go into the keyring of this account. Where they were found nothing changes."
LOOKING = "Looking into the configuration of lk and the environment…"


class ServerImport(Dialog):
    """Shows that it looks, then what `show_found` says. Connect `accepted` and read `ticked`."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over, "Import servers", act="Import", width=WIDTH)
        self.lead = label(LOOKING, Role.SECONDARY, wrap=True)
        self.body.addWidget(self.lead)
        self.boxes: list[tuple[FoundServer, CheckBox]] = []
        self.set_act("Import", possible=False)

    def show_found(self, found: Sequence[FoundServer]) -> None:
        """List what there is. What would replace a server is not ticked."""
        if not found:
            self.lead.setText(NOTHING)
            self.act.hide()
            self.cancel.setText("Close")
            return
        self.lead.setText(LEAD)
        content = QWidget()
        lines = column(content, (SPACE_M, SPACE_M, SPACE_M, SPACE_M), SPACE_M)
        for server in found:
            lines.addWidget(self._entry(server))
        self.body.addWidget(scrolled(content, most=LIST_HEIGHT))
        self._show_count()

    def ticked(self) -> tuple[str, ...]:
        """The names of the servers to store."""
        return tuple(server.name for server, box in self.boxes if box.isChecked())

    def _entry(self, server: FoundServer) -> QWidget:
        box = CheckBox(server.name, checked=not server.replaces)
        box.toggled.connect(self._show_count)
        self.boxes.append((server, box))
        entry = QWidget()
        lines = column(entry, gap=2)
        lines.addWidget(box)
        key = f", key {server.key_label}" if server.key_label else ", without a key"
        said = [(f"{server.url}{key}", Token.TEXT2), (f"from {server.source}", Token.TEXT3)]
        if server.replaces:
            said.append(("Replaces the server of this name", Token.WARN))
        for text, ink in said:
            line = ElidedLabel(text, Role.TERTIARY)
            line.set_ink(ink)
            line.setContentsMargins(SPACE_S + 14, 0, 0, 0)
            lines.addWidget(line)
        box.setAccessibleDescription(shown(", ".join(text for text, _ in said)))
        return entry

    @Slot()
    def _show_count(self) -> None:
        count = len(self.ticked())
        words = "Import" if not count else f"Import {count} server{'s' if count > 1 else ''}"
        self.set_act(words, possible=bool(count))
