"""What will fail before it is started, each with the way to mend it."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.domain.bot_files import Trouble
from app.domain.providers import PROVIDERS
from app.ui.controls import Button, Role, column, label, plain_tip, row
from app.ui.icons import ICON_PX
from app.ui.pages.agents_extras import ExtraBox, Installs
from app.ui.paint import draw_icon, draw_rounded
from app.ui.plain_text import breakable, shown, shown_lines
from app.ui.tokens import SPACE_M, SPACE_S, Radius, Token

_NAMES = {provider.id: provider.name for provider in PROVIDERS}


class TroubleRow(QWidget):
    """One trouble: what fails, what to do, and a button where Greenroom can do it."""

    key_wanted = Signal(str)
    """Carries the provider whose key is missing."""

    def __init__(self, trouble: Trouble, installs: Installs | None) -> None:
        super().__init__()
        self.trouble = trouble
        self.act: Button | None = None
        self.extra: ExtraBox | None = None
        lines = column(self, (36, 9, SPACE_M, 9), 2)
        head = row(gap=SPACE_S)
        head.addWidget(label(breakable(shown(trouble.what, 300)), Role.STRONG, wrap=True), 1)
        if trouble.provider_id:
            name = shown(_NAMES.get(trouble.provider_id, trouble.provider_id), 20)
            self.act = Button(f"Add the {name} key", icon="key-round")
            self.act.setToolTip(plain_tip(f"Go to the page Keys, to {name}"))
            self.act.clicked.connect(partial(self.key_wanted.emit, trouble.provider_id))
            head.addWidget(self.act)
        lines.addLayout(head)
        if trouble.remedy:
            lines.addWidget(
                label(breakable(shown_lines(trouble.remedy, 500)), Role.SECONDARY, wrap=True)
            )
        if trouble.extra and installs is not None:
            self.extra = ExtraBox(installs)
            self.extra.show_extra(trouble.extra)
            lines.addSpacing(4)
            lines.addWidget(self.extra)
        kind = "A start would fail" if trouble.blocking else "It would go wrong later"
        self.setAccessibleName(f"{kind}: {shown(trouble.what, 300)}")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        draw_rounded(painter, self.rect().toRectF(), Radius.CARD, Token.CARD, Token.LINE)
        icon, ink = (
            ("circle-alert", Token.BAD) if self.trouble.blocking else ("triangle-alert", Token.WARN)
        )
        draw_icon(painter, icon, ink, SPACE_M, 11 if self.act is None else 17, ICON_PX)


class TroubleList(QWidget):
    """All troubles of an agent; hidden while there are none."""

    key_wanted = Signal(str)

    def __init__(self, installs: Installs | None = None) -> None:
        super().__init__()
        self._installs = installs
        self.rows: list[TroubleRow] = []
        self._lines = column(self, gap=6)
        self.hide()

    def show_troubles(self, troubles: Sequence[Trouble]) -> None:
        """Show these, the blocking ones first."""
        ordered = sorted(troubles, key=lambda trouble: not trouble.blocking)
        if ordered == [each.trouble for each in self.rows]:
            self.setVisible(bool(ordered))
            return
        for each in self.rows:
            each.hide()
            self._lines.removeWidget(each)
            each.deleteLater()
        self.rows = [TroubleRow(trouble, self._installs) for trouble in ordered]
        for each in self.rows:
            each.key_wanted.connect(self.key_wanted)
            self._lines.addWidget(each)
        self.setVisible(bool(ordered))
