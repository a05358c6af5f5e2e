"""What one call may take, what is done in silence, and when a fallback takes over."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.domain.presets import Idle, Preset
from app.ui.controls import Field, Role, TextField, column, label, row
from app.ui.pages.agents_numbers import NumberChip, Range, SwitchRow
from app.ui.tokens import SPACE_M, SPACE_S

_IDLE = Range(3, 3600, 1, "s")
_TIMES = Range(0, 20, 1, "times", whole=True)
IDLE_ON = "Ask when nobody speaks"


class LimitsSection(QWidget):
    """Shows a preset's limits, idle behaviour and failover, and tells what somebody changes."""

    edited = Signal(object, object)
    """Where in the text, and the value; None removes it."""

    def __init__(self) -> None:
        super().__init__()
        minutes = Range(0.1, 1440, 1, "min", optional=True)
        self.minutes = NumberChip("End a call after", "End after", minutes)
        self.cost = NumberChip(
            "Stop a call at a cost of", "Stop at $", Range(0.001, 1000, 0.01, "", optional=True)
        )
        self.start = NumberChip("A start may take", "Start within", Range(1, 120, 1, "s"))
        self.goodbye = NumberChip(
            "A stop waits for the sentence", "Goodbye within", Range(0.0, 4.0, 0.5, "s")
        )
        self.idle = SwitchRow(IDLE_ON, "Off: it waits for ever.")
        self.after = NumberChip("Ask after silence of", "Ask after", _IDLE, "of silence")
        self.times = NumberChip("Hang up after it has asked", "Hang up after", _TIMES)
        self.say = TextField("What is asked in silence", placeholder="Nothing is said")
        self.first_token = NumberChip(
            "A service may take to begin",
            "A service may take",
            Range(0.3, 30, 0.1, "s"),
            "to begin",
        )
        self.line = TextField("Said when every service has failed", placeholder="Nothing is said")
        self._lay_out()
        self._connect()

    def show_preset(self, preset: Preset) -> None:
        """Show what a preset says of limits."""
        limits, idle = preset.limits, preset.idle
        self.minutes.show_value(limits.minutes)
        self.cost.show_value(limits.cost_usd)
        self.start.show_value(limits.start_timeout_s)
        self.goodbye.show_value(limits.goodbye_s)
        self.idle.show_on(on=idle is not None)
        held = idle or Idle()
        self.after.show_value(held.after_s)
        self.times.show_value(held.hang_up_after)
        show_text(self.say, held.say)
        self._idle_more.setVisible(idle is not None)
        self.first_token.show_value(preset.failover.first_token_s)
        show_text(self.line, preset.failover.line)

    def _connect(self) -> None:
        for chip, path in (
            (self.minutes, ("limits", "minutes")),
            (self.cost, ("limits", "cost_usd")),
            (self.start, ("limits", "start_timeout_s")),
            (self.goodbye, ("limits", "goodbye_s")),
            (self.after, ("idle", "after_s")),
            (self.times, ("idle", "hang_up_after")),
            (self.first_token, ("failover", "first_token_s")),
        ):
            chip.entered.connect(partial(self.edited.emit, path))
        self.say.textEdited.connect(partial(self._tell_text, ("idle", "say")))
        self.line.textEdited.connect(partial(self._tell_text, ("failover", "line")))
        self.idle.toggled.connect(self._tell_idle)

    def _tell_text(self, path: tuple[str, ...], text: str) -> None:
        self.edited.emit(path, text.strip())

    def _tell_idle(self, on: bool) -> None:
        self.edited.emit(("idle",), {"after_s": Idle().after_s} if on else None)

    def _lay_out(self) -> None:
        lines = column(self, gap=SPACE_S)
        lines.addWidget(_chips(self.minutes, self.cost))
        lines.addWidget(_chips(self.start, self.goodbye))
        lines.addSpacing(SPACE_S)
        lines.addWidget(label("Silence", Role.NAME))
        lines.addWidget(self.idle)
        self._idle_more = QWidget()
        more = column(self._idle_more, gap=SPACE_S)
        more.addWidget(_chips(self.after, self.times))
        more.addWidget(Field("What it asks", self.say))
        lines.addWidget(self._idle_more)
        lines.addSpacing(SPACE_S)
        lines.addWidget(label("When a service fails", Role.NAME))
        lines.addWidget(_chips(self.first_token))
        lines.addWidget(Field("Said when every service has failed", self.line))


def _chips(*chips: NumberChip) -> QWidget:
    line = QWidget()
    across = row(line, gap=SPACE_M - 2)
    for chip in chips:
        across.addWidget(chip)
    across.addStretch(1)
    return line


def show_text(field: TextField, text: str) -> None:
    """Show a text in a field, unless it stands there already but for the blanks around it."""
    if field.text().strip() != text.strip():
        field.setText(text)
