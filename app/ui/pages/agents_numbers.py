"""How numbers are typed and slid: a field that knows its range, a slider, and a sentence with a number in it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from app.ui.controls import Pane, Role, Switch, TextField, column, label, pane, plain_tip, row
from app.ui.fonts import font, metrics
from app.ui.paint import draw_dot, draw_focus_ring, draw_rounded, wants_focus_ring
from app.ui.tokens import SPACE_S, Radius, Size, Token


@dataclass(frozen=True, slots=True)
class Range:
    """What a number may be, and how it is shown."""

    low: float
    high: float
    step: float
    unit: str = ""
    whole: bool = False
    optional: bool = False
    """It may be left empty, which stands for none."""

    @property
    def decimals(self) -> int:
        return len(f"{self.step:.10f}".rstrip("0").split(".")[1])

    def words(self, value: float | None) -> str:
        """A value with its unit; no more digits than its step has, unless it has more itself."""
        if value is None:
            return ""
        short, exact = f"{value:.{self.decimals}f}", f"{value:g}"
        figure = short if float(short) == value else exact
        return f"{figure} {self.unit}".strip()

    def parsed(self, text: str) -> float | None:
        """The number in a text, or None for an empty one. Raises ValueError with what is allowed."""
        bare = text.strip().removesuffix(self.unit).strip().replace(",", ".")
        if not bare and self.optional:
            return None
        try:
            value = float(bare)
        except ValueError:
            value = float("nan")
        if not self.low <= value <= self.high or (self.whole and value != int(value)):
            kind = "A whole number" if self.whole else "A number"
            raise ValueError(f"{kind} from {self.low:g} to {self.high:g}")
        return value

    def plain(self, value: float) -> float | int:
        """As it is written into a text."""
        return int(value) if self.whole else round(value, 6)


class NumberField(TextField):
    """One number of a range. `entered` carries it when it was changed and is allowed; None for none."""

    entered = Signal(object)

    def __init__(
        self, name: str, allowed: Range, *, width: int = 86, placeholder: str = ""
    ) -> None:
        super().__init__(name, placeholder=placeholder, longest=24)
        self._allowed = allowed
        self._value: float | None = None
        self._tip = f"{name}: {allowed.low:g} to {allowed.high:g} {allowed.unit}".strip()
        self.setFont(font(Size.SECONDARY, mono=True))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(width)
        self.setToolTip(plain_tip(self._tip))
        self.textEdited.connect(self._judge)
        self.editingFinished.connect(self._take)

    def show_value(self, value: float | None) -> None:
        """Show a number; what is being typed and means the same stays as it is."""
        self._value = value
        if not self.hasFocus() or self._parsed() != value:
            self.setText(self._allowed.words(value))
            self._judge()

    def _parsed(self) -> float | None:
        try:
            return self._allowed.parsed(self.text())
        except ValueError:
            return self._value

    @Slot()
    def _judge(self) -> None:
        why = ""
        try:
            self._allowed.parsed(self.text())
        except ValueError as error:
            why = str(error)
        self.mark_wrong(wrong=bool(why))
        self.setAccessibleDescription(why)
        self.setToolTip(plain_tip(why or self._tip))

    @Slot()
    def _take(self) -> None:
        value = self._parsed()
        changed = value != self._value
        self._value = value
        self.setText(self._allowed.words(value))
        self._judge()
        if changed:
            self.entered.emit(None if value is None else self._allowed.plain(value))


class Slider(QSlider):
    """A bar with a knob; the arrow keys move it, a click puts it there."""

    _KNOB = 7.0

    def __init__(self, name: str, steps: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, steps)
        self.setPageStep(max(1, steps // 10))
        self.setAccessibleName(name)
        self.setToolTip(plain_tip(name))
        self.setFixedHeight(22)
        self.setMinimumWidth(90)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, 22)

    def paintEvent(self, ev: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        middle, able = self.height() / 2, self.isEnabled()
        x = self._x_of(self.value())
        draw_rounded(painter, QRectF(0, middle - 2, self.width(), 4), Radius.BAR, Token.RAISE)
        fill = Token.ACCENT if able else Token.LINE2
        draw_rounded(painter, QRectF(0, middle - 2, x, 4), Radius.BAR, fill)
        knob = Token.TEXT if able else Token.TEXT3
        draw_dot(painter, QPointF(x, middle), self._KNOB, knob)
        if wants_focus_ring(self):
            ring = QRectF(x - 10, middle - 10, 20, 20)
            draw_focus_ring(painter, ring, ring.height() / 2)

    def mousePressEvent(self, ev: QMouseEvent) -> None:  # noqa: N802
        self._move_to(ev.position().x())

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:  # noqa: N802
        if ev.buttons() & Qt.MouseButton.LeftButton:
            self._move_to(ev.position().x())

    def wheelEvent(self, e: QWheelEvent) -> None:  # noqa: N802
        # Scrolling past must not change it.
        e.ignore()

    def _x_of(self, value: int) -> float:
        share = value / max(1, self.maximum())
        return self._KNOB + share * (self.width() - 2 * self._KNOB)

    def _move_to(self, x: float) -> None:
        share = (x - self._KNOB) / max(1.0, self.width() - 2 * self._KNOB)
        self.setValue(round(min(1.0, max(0.0, share)) * self.maximum()))


class SliderRow(QWidget):
    """A number with its name, what it does, a slider for the usual range and a field for the whole."""

    entered = Signal(object)
    """The number that somebody chose."""

    _WORDS = 230

    def __init__(
        self,
        name: str,
        hint: str,
        allowed: Range,
        slid_to: float,
        *,
        says: Callable[[float], str] | None = None,
    ) -> None:
        """`slid_to` is where the slider ends. `says` explains a value in place of the hint."""
        super().__init__()
        self._allowed = allowed
        self._hint, self._says = hint, says
        self.slider = Slider(name, round((slid_to - allowed.low) / allowed.step))
        self.field = NumberField(name, allowed)
        self._below = label(hint, Role.HINT, wrap=True)
        words = pane(Pane.PAGE)
        words.setMinimumWidth(150)
        words.setMaximumWidth(self._WORDS)
        lines = column(words, gap=1)
        lines.addWidget(label(name, Role.BODY))
        lines.addWidget(self._below)
        across = row(self, (0, 4, 0, 4), 14)
        across.addWidget(words, 3)
        across.addWidget(self.slider, 4)
        across.addWidget(self.field)
        self.slider.valueChanged.connect(self._slid)
        self.field.entered.connect(self._typed)

    def show_value(self, value: float) -> None:
        """Show a number on both."""
        self._show_slider(value)
        self.field.show_value(value)
        self._explain(value)

    def _show_slider(self, value: float) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(round((value - self._allowed.low) / self._allowed.step))
        self.slider.blockSignals(False)
        self.slider.update()

    def _explain(self, value: float) -> None:
        if self._says is not None:
            self._below.setText(self._says(value))

    @Slot(int)
    def _slid(self, steps: int) -> None:
        value = self._allowed.plain(self._allowed.low + steps * self._allowed.step)
        self.field.show_value(value)
        self._explain(value)
        self.entered.emit(value)

    @Slot(object)
    def _typed(self, value: float) -> None:
        self._show_slider(value)
        self._explain(value)
        self.entered.emit(value)


class NumberChip(QWidget):
    """A short sentence with a number in it that can be changed: End after [20] min."""

    entered = Signal(object)

    def __init__(self, name: str, before: str, allowed: Range, after: str = "") -> None:
        super().__init__()
        none = "none" if allowed.optional else ""
        self.field = NumberField(name, allowed, placeholder=none)
        self.field.setProperty("field", "bare")
        self.field.setFont(font(Size.BODY, num=True))
        self.field.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.field.setFixedWidth(
            round(metrics(Size.BODY, num=True).horizontalAdvance(allowed.words(allowed.high))) + 18
        )
        ground = pane(Pane.FIELD)
        across = row(ground, (10, 0, 10 if after else 2, 0), 2)
        across.addWidget(label(before, Role.BODY))
        across.addWidget(self.field)
        if after:
            across.addWidget(label(after, Role.BODY))
        row(self).addWidget(ground)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.field.entered.connect(self.entered)

    def show_value(self, value: float | None) -> None:
        self.field.show_value(value)


class SwitchRow(QWidget):
    """A switch with its words and what it does."""

    toggled = Signal(bool)

    def __init__(self, words: str, hint: str = "") -> None:
        super().__init__()
        self.switch = Switch(words)
        across = row(self, (0, 3, 0, 3), SPACE_S + 2)
        across.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignTop)
        lines = column(gap=1)
        lines.addWidget(label(words, Role.BODY, wrap=True))
        if hint:
            lines.addWidget(label(hint, Role.HINT, wrap=True))
            self.switch.setAccessibleDescription(hint)
        across.addLayout(lines, 1)
        self.switch.clicked.connect(self.toggled)

    def show_on(self, *, on: bool) -> None:
        self.switch.setChecked(on)
