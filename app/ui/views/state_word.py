"""The one big word that says what the call is doing."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.call import Call, Changes
from app.domain.facts import AgentState, Lane
from app.domain.turns import Turn
from app.ui.fonts import Weight, font, metrics
from app.ui.labels import BareLabel
from app.ui.paint import color_of, draw_text, elided
from app.ui.plain_text import plain_tip, shown
from app.ui.theme import theme
from app.ui.tokens import Size, Token
from app.ui.views.figures import clock, running_seconds
from app.ui.views.stages import look_of
from app.ui.views.turn_words import Phase, opened_at, phase_of, waited_ms

WIDTH, WIDEST, HEIGHT = 200, 420, 42
RING = 14
WORD_X = 27
TURNS_PER_S = 1.0
"""How fast the ring of a state that will pass turns."""
ARC_DEG = 230


@dataclass(frozen=True, slots=True)
class State:
    """The word, its colour, the line under it, and whether it will pass by itself."""

    word: str
    ink: Token
    detail: str = ""
    passing: bool = False
    lasting: bool = False
    """It holds until somebody does something."""


def state_of(call: Call, now: float) -> State:
    """What the call is doing at the time `now`."""
    if call.closed_at is not None:
        length = clock(call.closed_at, opened_at(call))
        reason = shown(call.close_reason, 80)
        detail = f"after {length}" + (f", {reason}" if reason else "")
        return State("Ended", Token.TEXT2, detail, lasting=True)
    if call.agent_state is AgentState.FAILED:
        return State("Failed", Token.BAD, shown(call.agent_state_why, 120), lasting=True)
    if call.server_down or "reconnecting" in call.connections.values():
        lost = "the server stopped" if call.server_down else "the connection was lost"
        return State("Reconnecting", Token.WARN, lost, passing=True)
    if call.opened_at is None or call.agent_state is AgentState.STARTING:
        return State("Starting", Token.TEXT2, _step_in_hand(call), passing=True)
    return _talking(call, now)


def _talking(call: Call, now: float) -> State:
    turn = call.turns[-1] if call.turns else None
    phase = None if turn is None else phase_of(call, turn)
    if turn is not None and phase is Phase.CALLER_SPEAKS:
        return _caller_speaks(call, turn)
    if turn is not None and (phase is Phase.WAITING or call.agent_state is AgentState.THINKING):
        return State("Thinking", Token.WARN, _waiting(call, turn, now), passing=True)
    if call.agent_state is AgentState.THINKING:
        return State("Thinking", Token.WARN, passing=True)
    if call.agent_state is AgentState.SPEAKING:
        return State("Speaking", Token.AGENT, shown(call.agent_name, 60))
    if call.agent_state in (AgentState.STOPPING, AgentState.STOPPED):
        return State("Stopping", Token.TEXT2, "the agent leaves the room", passing=True)
    return State("Listening", Token.TEXT, "waiting for the caller")


def _caller_speaks(call: Call, turn: Turn) -> State:
    """Whoever is louder speaks: the operator as the caller, or a caller of their own."""
    levels = {lane: meter.rms_dbfs for lane, meter in call.meters.items()}
    floor = -1000.0
    operator = levels.get(Lane.OPERATOR, floor) > levels.get(Lane.CALLER, floor)
    said = shown(turn.caller.text, 60) if turn.caller is not None else ""
    if operator:
        return State("You", Token.OPERATOR, said or "the agent hears you")
    return State("Caller", Token.CALLER, said or "the agent hears the caller")


def _waiting(call: Call, turn: Turn, now: float) -> str:
    waited = waited_ms(turn, now)
    since = "" if waited is None else running_seconds(waited)
    stage = call.waiting_on
    on = "" if stage is None else f"waiting for {look_of(stage.key).waited_for}"
    return ", ".join(piece for piece in (since, on) if piece)


def _step_in_hand(call: Call) -> str:
    """The step of the start that is not done yet."""
    for step in reversed(call.steps.values()):
        if step.took_s is None:
            return shown(f"{step.label}: {step.detail}" if step.detail else step.label, 80)
    return ""


class StateWord(BareLabel):
    """The state of the call with a ring before it, which turns while the state will pass."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._call = Call()
        self._now = 0.0
        self._state = state_of(self._call, 0.0)
        self._tell()

    @property
    def state(self) -> State:
        return self._state

    def set_call(self, call: Call) -> None:
        """Show another call."""
        self._call = call
        self._now = call.last_at or 0.0
        self._show()

    def apply(self, changes: Changes) -> None:
        """Follow what changed."""
        if changes.state or changes.turns_updated or changes.steps:
            self._show()

    def tick(self, now: float) -> None:
        """Let the seconds run and the ring turn to the time `now`."""
        self._now = now
        before = self._state
        self._show()
        if self._state.passing and self._state == before and not theme.reduced_motion:
            self.update(0, 0, WORD_X, HEIGHT)

    def _show(self) -> None:
        before, self._state = self._state, state_of(self._call, self._now)
        if self._state == before:
            return
        if self._state.word != before.word:
            self._tell()
        self.setToolTip(plain_tip(self._state.detail))
        self.updateGeometry()
        self.update()

    def _tell(self) -> None:
        """Give the screen reader the new word; the seconds would flood it."""
        self.setAccessibleName(f"State of the call: {self._state.word}")
        self.setText(self._state.word)

    # Qt

    def sizeHint(self) -> QSize:  # noqa: N802
        """Of one width while the seconds run; what has ended may say more."""
        if not self._state.lasting:
            return QSize(WIDTH, HEIGHT)
        room = metrics(Size.SECONDARY, num=True).horizontalAdvance(self._state.detail)
        return QSize(min(WIDEST, max(WIDTH, round(room) + 1)), HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def paintEvent(self, arg__1: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        self._paint_ring(painter)
        face = font(Size.STATE, Weight.Bold)
        draw_text(painter, WORD_X, 20.5, self._state.word, face, self._state.ink)
        measure = metrics(Size.SECONDARY, num=True)
        detail = elided(measure, self._state.detail, self.width())
        draw_text(painter, 0, 38, detail, font(Size.SECONDARY, num=True), Token.TEXT2)

    def _paint_ring(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(color_of(self._state.ink), 2.5)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        box = QRectF(2, 6, RING, RING)
        if self._state.passing:
            turned = 0.0 if theme.reduced_motion else self._now * TURNS_PER_S % 1.0
            painter.drawArc(box, round(-360 * 16 * turned), -ARC_DEG * 16)
        else:
            painter.drawEllipse(box)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
