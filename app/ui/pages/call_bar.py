"""The top bar of the Stage: what the agent does, which call it is, how it goes, and the acts on the whole of it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.domain.call import Call, Changes
from app.domain.cost import cost_of, usd
from app.domain.facts import LOCAL_KIND
from app.domain.turns import percentiles
from app.ui.call_acts import NOTHING_HELD, UP, Held, Phase
from app.ui.controls import Button, Chip, Kind, Pane, column, pane, plain_tip, row
from app.ui.pages.call_words import call_name
from app.ui.pages.figure import Figure, Title
from app.ui.pages.health import alerts_text, health_of
from app.ui.tokens import SPACE_L, TOP_HEIGHT, Token
from app.ui.views.figures import NONE, clock, delay_ink, seconds
from app.ui.views.state_word import StateWord

TITLE_MAX_WIDTH = 260


class CallBar(QWidget):
    """State word, room, figures, health; Flag and End call, or Talk again once it has ended."""

    flag_pressed = Signal()
    end_pressed = Signal()
    again_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._call = Call()
        self._held = NOTHING_HELD
        self._now = 0.0
        self.setFixedHeight(TOP_HEIGHT)
        self.state = StateWord()
        self.title = Title()
        self.title.setMaximumWidth(TITLE_MAX_WIDTH)
        self.elapsed = Figure("elapsed")
        self.cost = Figure("cost")
        self.answer = Figure("typical answer")
        self.health = Chip(dot=True)
        self.flag = Button("Flag", icon="flag", key="F")
        self.flag.setToolTip("Mark this moment of the call")
        self.end = Button("End call", icon="square", kind=Kind.DANGER)
        self.again = Button("Talk again", icon="mic", kind=Kind.PRIMARY)
        self.flag.clicked.connect(self.flag_pressed)
        self.end.clicked.connect(self.end_pressed)
        self.again.clicked.connect(self.again_pressed)
        self._lay_out()
        self._show_all()

    def set_call(self, call: Call) -> None:
        self._call = call
        self.state.set_call(call)
        self._show_all()

    def apply(self, changes: Changes) -> None:
        self.state.apply(changes)
        if changes.state or changes.alerts:
            self._show_call()
        elif changes.usage:
            self._show_cost()
        if changes.turns_updated:
            self._show_answer()

    def tick(self, now: float) -> None:
        self._now = now
        self.state.tick(now)
        self._show_elapsed()

    def show_held(self, held: Held) -> None:
        """Show what there is of a call that is so far, and offer what can be done with it; its end takes its time."""
        self._held = held
        ending = held.phase is Phase.ENDING
        self.end.setEnabled(not ending)
        self._show_call()
        if ending:
            self.end.set_face("Ending…", kind=Kind.DANGER)
        else:
            self.end.set_face("End call", icon="square", kind=Kind.DANGER)

    def _show_all(self) -> None:
        self._show_elapsed()
        self._show_call()
        self._show_answer()

    def _show_elapsed(self) -> None:
        call = self._call
        until = self._now if call.closed_at is None else call.closed_at
        opened_at = until if call.opened_at is None else call.opened_at
        self.elapsed.show_value(clock(until, opened_at), "elapsed")

    def _show_call(self) -> None:
        call = self._call
        place = " · ".join(part for part in (call.server, call.agent_name) if part)
        self.title.show_title(call_name(call, self._held.plan), place or self._held.plan.server)
        words, tone = health_of(call)
        self.health.show_as(words, tone)
        self.health.setAccessibleName(f"Health: {words}")
        self.health.setToolTip(plain_tip(alerts_text(call)))
        self._show_cost()
        self._offer()

    def _offer(self) -> None:
        phase = self._held.phase
        begun = phase in (*UP, Phase.ENDED)
        for part in (self.elapsed, self.cost, self.answer, self.health):
            part.setVisible(begun)
        self.state.setVisible(phase is not Phase.FAILED)
        up = phase in UP and self._call.closed_at is None
        self.flag.setVisible(up)
        self.end.setVisible(up)
        self.again.setVisible(begun and not up)

    def _show_cost(self) -> None:
        cost = cost_of(self._call)
        if cost.total is None:
            self.cost.show_value(NONE, "cost not known")
        else:
            local = self._call.agent_kind == LOCAL_KIND
            so_far = "estimate so far" if cost.complete else "at least, estimate"
            self.cost.show_value(usd(cost.total), "runs locally" if local else so_far)
        self.cost.setToolTip(plain_tip(cost.note))

    def _show_answer(self) -> None:
        delays = [turn.reported_ms for turn in self._call.exchanges if turn.reported_ms is not None]
        typical = percentiles(delays)
        if typical.p50 is None:
            self.answer.show_value(NONE, "typical answer", Token.TEXT3)
        else:
            caption = f"typical answer, n = {typical.n}"
            self.answer.show_value(seconds(typical.p50), caption, delay_ink(typical.p50))

    def _lay_out(self) -> None:
        ground = pane(Pane.TOP)
        bar = row(ground, (SPACE_L, 0, SPACE_L, 0), 14)
        for widget in (self.state, self.title):
            bar.addWidget(widget)
        bar.addSpacing(18)
        for widget in (self.elapsed, self.cost, self.answer, self.health):
            bar.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        bar.addStretch(1)
        for button in (self.flag, self.end, self.again):
            bar.addWidget(button)
        column(self).addWidget(ground)
