"""The list of calls left of the Stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy

from app.domain.call import Call, Changes
from app.domain.facts import AgentState
from app.ui.call_acts import OVER, Held, Phase
from app.ui.fonts import Weight, font, metrics
from app.ui.pages.call_words import call_name
from app.ui.paint import Align, draw_dot, draw_icon, draw_rounded, draw_text, elided
from app.ui.painted import NOTHING, Painted
from app.ui.plain_text import shown
from app.ui.tokens import Radius, Size, Token
from app.ui.views.figures import clock, delay_ink, running_seconds
from app.ui.views.stages import look_of
from app.ui.views.turn_words import Phase as TurnPhase
from app.ui.views.turn_words import phase_of, waited_ms

ROW_HEIGHT = 53
ROW_GAP = 4
NOTE_HEIGHT = 21
SPARKS = 18
SPARK_HEIGHT = 16
SPARK_FULL_MS = 2560.0
CROSS_PX = 14
MICROPHONE_PX = 14
IN_FLIGHT_WARNING_MS = 2000.0
"""A caller who has waited this long is worth a sentence."""
PHASE_WORDS = {
    Phase.STARTING: "starting",
    Phase.CANCELLING: "stopping",
    Phase.ENDING: "ending",
    Phase.FAILED: "failed",
}
"""What stands where a call's length stands otherwise."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A call of the list."""

    key: str
    call: Call
    held: Held

    @property
    def name(self) -> str:
        return call_name(self.call, self.held.plan)

    @property
    def over(self) -> bool:
        return self.held.phase in OVER

    def length(self, now: float) -> str:
        """How long it has lasted, or why there is no saying."""
        if self.held.phase in PHASE_WORDS:
            return PHASE_WORDS[self.held.phase]
        call = self.call
        if call.opened_at is None:
            return ""
        return clock(now if call.closed_at is None else call.closed_at, call.opened_at)

    def note(self, now: float) -> str:
        """Who waits for what, once it takes long."""
        call = self.call
        if not call.live or not call.turns:
            return ""
        if phase_of(call, call.turns[-1]) is not TurnPhase.WAITING:
            return ""
        waited = waited_ms(call.turns[-1], now)
        if waited is None or waited < IN_FLIGHT_WARNING_MS:
            return ""
        on = f" on {look_of(call.waiting_on.key).waited_for}" if call.waiting_on else ""
        return f"Caller waiting {running_seconds(waited)}{on}"

    def state(self) -> str:
        """How far a call is that has no delays yet to show."""
        if self.held.error is not None:
            return shown(self.held.error.title, 120)
        steps = reversed(self.call.steps.values()) if self.held.phase is Phase.STARTING else ()
        step = next((step for step in steps if step.took_s is None), None)
        return "" if step is None else f"{shown(step.label)}: {shown(step.detail)}"

    def ink(self, note: str) -> Token:
        """Of its light: green while all is well, amber while the agent thinks."""
        call = self.call
        if self.held.phase is Phase.FAILED:
            return Token.BAD
        if not call.live or self.held.phase not in (Phase.IN_CALL, Phase.ENDING):
            return Token.TEXT3
        if call.server_down or call.agent_state is AgentState.FAILED or note:
            return Token.BAD
        return Token.WARN if call.agent_state is AgentState.THINKING else Token.OK


class CallList(Painted):
    """One row for each call: its light, its name, how long, its last delays, and who waits for what.

    One that is over can be closed, by its cross or by Delete.
    """

    chosen = Signal(str)
    """The key of a call that shall be in hand."""
    close_pressed = Signal(str)
    """The key of a call that shall be listed no more."""
    shown_item = Signal(int)
    """A row that shall be in sight."""

    def __init__(self) -> None:
        super().__init__("Live calls")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._rows: tuple[Listed, ...] = ()
        self._in_hand = ""
        self._hearer = ""
        self._now = 0.0
        self._said: list[tuple[str, str]] = []
        """Of each row its length and its note, as shown."""
        self._tops: list[float] = [0.0]
        self.activated.connect(self._choose)

    def show_calls(self, rows: Sequence[Listed], in_hand: str) -> None:
        """List these calls, with the one in hand marked."""
        at = self._key_at(self.current)
        moved = in_hand != self._in_hand
        self._rows, self._in_hand = tuple(rows), in_hand
        keys = [row.key for row in self._rows]
        wanted = in_hand if moved or at not in keys else at
        self.current = keys.index(wanted) if wanted in keys else NOTHING
        self._measure()
        if self.current != NOTHING and moved:
            self.shown_item.emit(self.current)

    def show_hearer(self, key: str) -> None:
        """Mark the call that hears the operator; an empty key marks none."""
        if key != self._hearer:
            self._hearer = key
            self.update()

    def note(self, key: str, changes: Changes) -> None:
        """A call has taken facts in."""
        if changes.state or changes.turns_updated or changes.steps:
            self.update()

    def tick(self, now: float) -> None:
        self._now = now
        if self._words() != self._said:
            self._measure()

    def item_count(self) -> int:
        return len(self._rows)

    def item_rect(self, index: int) -> QRectF:
        height = self._tops[index + 1] - self._tops[index] - ROW_GAP
        return QRectF(0, self._tops[index], self.width(), height)

    def item_text(self, index: int) -> str:
        row = self._rows[index]
        heard = "hears you" if row.key == self._hearer else ""
        shown_too = "on the Stage" if len(self._rows) > 1 and row.key == self._in_hand else ""
        over = "Delete closes it" if row.over else ""
        said = (row.length(self._now), row.state() if row.over else "", row.note(self._now))
        parts = [row.name, *said, shown_too, heard, over]
        return ", ".join(part for part in parts if part)

    def reveal(self, index: int) -> None:
        if index != NOTHING:
            self.shown_item.emit(index)

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for index, row in enumerate(self._rows):
            box = self.item_rect(index)
            if box.toAlignedRect().intersects(clip):
                self._paint_row(painter, box, row, hot=index == self.hovered)

    def cross_rect(self, index: int) -> QRectF:
        """Where a call that is over is closed; empty for another."""
        if not self._rows[index].over:
            return QRectF()
        box = self.item_rect(index)
        return QRectF(box.right() - 30, box.y() + 2, 28, 28)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        index = self.item_at(event.position())
        if index != NOTHING and self.cross_rect(index).contains(event.position()):
            self.close_pressed.emit(self._rows[index].key)
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        row = self._rows[self.current] if 0 <= self.current < len(self._rows) else None
        if event.key() == Qt.Key.Key_Delete and row is not None and row.over:
            self.close_pressed.emit(row.key)
            return
        super().keyPressEvent(event)

    @Slot(int)
    def _choose(self, index: int) -> None:
        self.chosen.emit(self._rows[index].key)

    def _key_at(self, index: int) -> str:
        return self._rows[index].key if 0 <= index < len(self._rows) else ""

    def _words(self) -> list[tuple[str, str]]:
        return [(row.length(self._now), row.note(self._now)) for row in self._rows]

    def _measure(self) -> None:
        """Give each row its place; one with a note needs more of it."""
        self._said = self._words()
        heights = [ROW_HEIGHT + ROW_GAP + (NOTE_HEIGHT if note else 0) for _, note in self._said]
        self._tops = list(accumulate(heights, initial=0.0))
        self.setFixedHeight(max(ROW_HEIGHT, int(self._tops[-1])))
        self.update()

    def _paint_row(self, painter: QPainter, box: QRectF, row: Listed, *, hot: bool) -> None:
        if row.key == self._in_hand:
            draw_rounded(painter, box, Radius.CONTROL, Token.RAISE)
        elif hot:
            draw_rounded(painter, box, Radius.CONTROL, Token.CARD)
        note = row.note(self._now)
        draw_dot(painter, QPointF(12, box.y() + 17), 4, row.ink(note))
        right = self._paint_right(painter, box, row)
        face, base = metrics(Size.BODY, Weight.Medium), box.y() + 21
        ink = Token.TEXT2 if row.over else Token.TEXT
        name = elided(face, row.name, right - 7 - 23)
        draw_text(painter, 23, base, name, font(Size.BODY, Weight.Medium), ink)
        self._paint_second_line(painter, box, row)
        if note:
            cut = elided(metrics(Size.SECONDARY), note, box.width() - 16)
            draw_text(painter, 8, box.y() + 67, cut, font(Size.SECONDARY), Token.BAD)

    def _paint_right(self, painter: QPainter, box: QRectF, row: Listed) -> float:
        """The length, the cross and the microphone; returns where they begin."""
        right = box.right() - 8
        if row.over:
            draw_icon(painter, "x", Token.TEXT2, right - CROSS_PX, box.y() + 9, CROSS_PX)
            right -= CROSS_PX + 6
        length, face = row.length(self._now), font(Size.SECONDARY, num=True)
        draw_text(painter, right, box.y() + 21, length, face, Token.TEXT3, Align.RIGHT)
        right -= metrics(Size.SECONDARY, num=True).horizontalAdvance(length)
        if row.key == self._hearer:
            right -= MICROPHONE_PX + 5
            draw_icon(painter, "mic", Token.OPERATOR, right, box.y() + 9, MICROPHONE_PX)
        return right

    def _paint_second_line(self, painter: QPainter, box: QRectF, row: Listed) -> None:
        """The last delays; before there are any, the step in hand, or why there is no call."""
        delays = [t.reported_ms for t in row.call.exchanges if t.reported_ms is not None]
        if not delays:
            cut = elided(metrics(Size.CAPTION), row.state(), box.width() - 31)
            ink = Token.BAD if row.held.error is not None else Token.TEXT3
            draw_text(painter, 23, box.y() + 42, cut, font(Size.CAPTION), ink)
            return
        step_px = (box.width() - 16) / SPARKS
        for place, delay_ms in enumerate(delays[-SPARKS:]):
            height = max(2.0, SPARK_HEIGHT * min(1.0, delay_ms / SPARK_FULL_MS))
            left = 8 + place * step_px
            spark = QRectF(left, box.y() + 46 - height, step_px * 0.66, height)
            draw_rounded(painter, spark, Radius.BAR, delay_ink(delay_ms))
