"""When the agent thinks that the caller has finished, and who may cut in: sliders and switches."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.domain.presets import MuteRule, Preset, SmartTurn, TurnTaking
from app.ui.controls import CheckBox, Role, column, label, row
from app.ui.pages.agents_numbers import Range, SliderRow, SwitchRow
from app.ui.reflow import Reflow
from app.ui.tokens import SPACE_S

_SILENCE = Range(0.05, 3.0, 0.01, "s")
_UNSURE = Range(0.3, 10.0, 0.1, "s")
_WORDS = Range(0, 20, 1, "words", whole=True)
_LOUDNESS = Range(0.0, 1.0, 0.05)
_VAD_HINT = "shorter answers faster, cuts off slow speakers"
_UNSURE_HINT = "this much silence ends the turn though smart turn expects more"
_MUTED = {
    MuteRule.FIRST_SPEECH: "While it greets",
    MuteRule.UNTIL_FIRST_SPEECH: "Until it has greeted",
    MuteRule.AGENT_SPEECH: "Whenever it speaks",
    MuteRule.FUNCTION_CALLS: "While a tool runs",
}
_MUTE_WIDTH = 170


class TurnSection(QWidget):
    """Shows a preset's turn taking, and tells what somebody changes. It keeps nothing."""

    edited = Signal(object, object)
    """Where in the text, and the value; None removes it."""

    def __init__(self) -> None:
        super().__init__()
        self.silence = SliderRow("Silence before answering", _VAD_HINT, _SILENCE, 1.0)
        self.smart = SwitchRow(
            "Smart turn", "A small model judges from the voice whether the caller is done."
        )
        self.unsure = SliderRow("Wait at most, when unsure", _UNSURE_HINT, _UNSURE, 5.0)
        self.early = SwitchRow("Judge early", "Already while the silence is being waited for.")
        self.cut_in = SwitchRow("The caller may interrupt")
        self.words = SliderRow("Caller may interrupt after", "", _WORDS, 10, says=_words_hint)
        self.sure = SliderRow(
            "Sure that it is a voice", "lower hears more, also noise", _LOUDNESS, 1.0
        )
        self.mute = {rule: CheckBox(words) for rule, words in _MUTED.items()}
        self._turns = TurnTaking()
        self._lay_out()
        self._connect()

    def show_preset(self, preset: Preset) -> None:
        """Show what a preset says of turns."""
        turns = self._turns = preset.turn_taking
        smart = turns.smart_turn
        self.silence.show_value(turns.vad.stop_secs)
        self.sure.show_value(turns.vad.confidence)
        self.smart.show_on(on=smart is not None)
        self.unsure.show_value((smart or SmartTurn()).stop_secs)
        self.early.show_on(on=smart is not None and smart.speculative)
        self.cut_in.show_on(on=turns.interruptions)
        self.words.show_value(turns.interrupt_after_words)
        self.unsure.setVisible(smart is not None)
        self.early.setVisible(smart is not None)
        self.words.setVisible(turns.interruptions)
        for rule, box in self.mute.items():
            box.setChecked(rule in turns.mute)

    def _connect(self) -> None:
        for row_, path in (
            (self.silence, ("vad", "stop_secs")),
            (self.sure, ("vad", "confidence")),
            (self.unsure, ("smart_turn", "stop_secs")),
            (self.words, ("interrupt_after_words",)),
        ):
            row_.entered.connect(partial(self._tell, path))
        self.early.toggled.connect(partial(self._tell, ("smart_turn", "speculative")))
        self.cut_in.toggled.connect(partial(self._tell, ("interruptions",)))
        self.smart.toggled.connect(self._tell_smart)
        for box in self.mute.values():
            box.clicked.connect(self._tell_mute)

    def _tell(self, path: tuple[str, ...], value: object) -> None:
        self.edited.emit(("turn_taking", *path), value)

    def _tell_smart(self, on: bool) -> None:
        # In the text `false` stands for none, and no word for the usual one.
        self._tell(("smart_turn",), None if on else False)

    def _tell_mute(self) -> None:
        rules = [rule.value for rule, box in self.mute.items() if box.isChecked()]
        self._tell(("mute",), rules or None)

    def _lay_out(self) -> None:
        lines = column(self, gap=2)
        for part in (self.silence, self.smart, self.unsure, self.early):
            lines.addWidget(part)
        for part in (self.cut_in, self.words, self.sure):
            lines.addWidget(part)
        lines.addSpacing(SPACE_S)
        lines.addWidget(label("Do not listen to the caller", Role.BODY))
        flow = Reflow(least_width=_MUTE_WIDTH, gap=SPACE_S)
        flow.show_items([_high(box) for box in self.mute.values()])
        lines.addWidget(flow)


def _high(box: CheckBox) -> QWidget:
    """A tick that knows its height, as a line of a grid must."""
    holder = _Line()
    row(holder).addWidget(box)
    return holder


class _Line(QWidget):
    def heightForWidth(self, arg__1: int) -> int:  # noqa: N802
        return 24


def _words_hint(words: float) -> str:
    if words < 1:
        return "any sound of a voice cuts it off, “mm-hmm” too"
    return "“mm-hmm” is not an interruption" if words > 1 else "one word cuts it off"
