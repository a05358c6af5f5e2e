"""The lists left of the Stage: the live calls and the agents, as far as there are any."""

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.call import Call, Changes
from app.domain.facts import AgentState
from app.ui.controls import Pane, Role, column, label, pane
from app.ui.fonts import Weight, font, metrics
from app.ui.icons import ICON_PX
from app.ui.paint import (
    Align,
    draw_dot,
    draw_icon,
    draw_rounded,
    draw_text,
    elided,
    middle_baseline,
)
from app.ui.painted import Painted
from app.ui.plain_text import shown
from app.ui.tokens import Radius, Size, Token
from app.ui.views.figures import clock, delay_ink, running_seconds
from app.ui.views.stages import look_of
from app.ui.views.turn_words import Phase, phase_of, waited_ms

WIDTH = 230
CALL_HEIGHT = 53
NOTE_HEIGHT = 21
AGENT_HEIGHT = 33
SPARKS = 18
SPARK_HEIGHT = 16
SPARK_FULL_MS = 2560.0
IN_FLIGHT_WARNING_MS = 2000.0
"""A caller who has waited this long is worth a sentence."""
AGENT_WORDS = {
    AgentState.STARTING: ("starting", Token.TEXT2, Token.RAISE),
    AgentState.STOPPING: ("leaving", Token.TEXT2, Token.RAISE),
    AgentState.STOPPED: ("ready", Token.TEXT2, Token.RAISE),
    AgentState.FAILED: ("failed", Token.BAD, Token.BAD_DIM),
}
"""Word, ink and ground of the chip; in any other state the agent is in the call."""
IN_CALL = ("in call", Token.OK, Token.OK_DIM)


class CallList(Painted):
    """One row for each live call: its light, its name, how long, its last delays, and who waits for what."""

    def __init__(self) -> None:
        super().__init__("Live calls")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._call = Call()
        self._now = 0.0
        self._shown = ("", "")
        self.setFixedHeight(CALL_HEIGHT + NOTE_HEIGHT)

    def set_call(self, call: Call) -> None:
        self._call = call
        self.update()

    def apply(self, changes: Changes) -> None:
        if changes.state or changes.turns_updated:
            self.update()

    def tick(self, now: float) -> None:
        self._now = now
        said = (self._elapsed(), self._note())
        if said != self._shown:
            self._shown = said
            self.update()

    def item_count(self) -> int:
        return int(self._call.opened_at is not None)

    def item_rect(self, index: int) -> QRectF:
        height = CALL_HEIGHT + (NOTE_HEIGHT if self._note() else 0)
        return QRectF(0, 0, self.width(), height)

    def item_text(self, index: int) -> str:
        parts = [shown(self._call.room), self._elapsed(), self._note()]
        return ", ".join(part for part in parts if part)

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        if not self.item_count():
            return
        box = self.item_rect(0)
        draw_rounded(painter, box, Radius.CONTROL, Token.RAISE)
        draw_dot(painter, QPointF(12, 17), 4, self._dot_ink())
        face = font(Size.SECONDARY, num=True)
        elapsed = self._elapsed()
        draw_text(painter, box.right() - 8, 21, elapsed, face, Token.TEXT3, Align.RIGHT)
        room = box.right() - 8 - metrics(Size.SECONDARY, num=True).horizontalAdvance(elapsed) - 7
        name = elided(metrics(Size.BODY, Weight.Medium), shown(self._call.room), room - 23)
        draw_text(painter, 23, 21, name, font(Size.BODY, Weight.Medium), Token.TEXT)
        self._paint_sparks(painter, box)
        if note := self._note():
            cut = elided(metrics(Size.SECONDARY), note, box.width() - 16)
            draw_text(painter, 8, 67, cut, font(Size.SECONDARY), Token.BAD)

    def _paint_sparks(self, painter: QPainter, box: QRectF) -> None:
        delays = [t.reported_ms for t in self._call.exchanges if t.reported_ms is not None]
        step = (box.width() - 16) / SPARKS
        for place, delay_ms in enumerate(delays[-SPARKS:]):
            height = max(2.0, SPARK_HEIGHT * min(1.0, delay_ms / SPARK_FULL_MS))
            spark = QRectF(8 + place * step, 46 - height, step * 0.66, height)
            draw_rounded(painter, spark, Radius.BAR, delay_ink(delay_ms))

    def _elapsed(self) -> str:
        call = self._call
        if call.opened_at is None:
            return ""
        return clock(self._now if call.closed_at is None else call.closed_at, call.opened_at)

    def _note(self) -> str:
        """Who waits for what, once it takes long."""
        call = self._call
        if not call.live or not call.turns or phase_of(call, call.turns[-1]) is not Phase.WAITING:
            return ""
        waited = waited_ms(call.turns[-1], self._now)
        if waited is None or waited < IN_FLIGHT_WARNING_MS:
            return ""
        on = f" on {look_of(call.waiting_on.key).label}" if call.waiting_on else ""
        return f"Caller waiting {running_seconds(waited)}{on}"

    def _dot_ink(self) -> Token:
        if not self._call.live:
            return Token.TEXT3
        if self._call.server_down or self._call.agent_state is AgentState.FAILED or self._note():
            return Token.BAD
        return Token.OK


class AgentList(Painted):
    """One row for each agent, with what it does."""

    def __init__(self) -> None:
        super().__init__("Agents")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(AGENT_HEIGHT)
        self._call = Call()

    def set_call(self, call: Call) -> None:
        self._call = call
        self.update()

    def apply(self, changes: Changes) -> None:
        if changes.state:
            self.update()

    def item_count(self) -> int:
        return int(bool(self._call.agent_name))

    def item_rect(self, index: int) -> QRectF:
        return QRectF(0, 0, self.width(), AGENT_HEIGHT)

    def item_text(self, index: int) -> str:
        return f"{shown(self._call.agent_name)}, {self._word()[0]}"

    def tip_at(self, position: QPointF) -> str:
        services = (f"{s.part}: {s.name} {s.model or ''}".strip() for s in self._call.services)
        return "\n".join([shown(self._call.agent_name), *services]) if self.item_count() else ""

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        if not self.item_count():
            return
        word, ink, ground = self._word()
        width = metrics(Size.SECONDARY).horizontalAdvance(word) + 16
        chip = QRectF(self.width() - 8 - width, 8, width, 18)
        draw_rounded(painter, chip, chip.height() / 2, ground)
        base = middle_baseline(metrics(Size.SECONDARY), chip.y(), chip.height())
        draw_text(painter, chip.x() + 8, base, word, font(Size.SECONDARY), ink)
        draw_icon(painter, "bot", Token.TEXT, 8, (AGENT_HEIGHT - ICON_PX) / 2)
        room = chip.x() - 7 - 30
        name = elided(metrics(Size.BODY, Weight.Medium), shown(self._call.agent_name), room)
        base = middle_baseline(metrics(Size.BODY, Weight.Medium), 0, AGENT_HEIGHT)
        draw_text(painter, 30, base, name, font(Size.BODY, Weight.Medium), Token.TEXT)

    def _word(self) -> tuple[str, Token, Token]:
        if self._call.closed_at is not None:
            return AGENT_WORDS[AgentState.STOPPED]
        return AGENT_WORDS.get(self._call.agent_state, IN_CALL)


class SideLists(QWidget):
    """Both lists under their captions."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self.calls, self.agents = CallList(), AgentList()
        ground = pane(Pane.SIDE)
        lines = column(ground, (10, 10, 11, 10))
        for caption, rows in (("Live calls", self.calls), ("Agents", self.agents)):
            head = label(caption, Role.CAPTION)
            head.setFixedHeight(32)
            head.setContentsMargins(6, 0, 0, 0)
            lines.addWidget(head)
            lines.addWidget(rows)
        lines.addStretch(1)
        column(self).addWidget(ground)

    def set_call(self, call: Call) -> None:
        self.calls.set_call(call)
        self.agents.set_call(call)

    def apply(self, changes: Changes) -> None:
        self.calls.apply(changes)
        self.agents.apply(changes)

    def tick(self, now: float) -> None:
        self.calls.tick(now)
