"""How far a start is: one bar for each step, with what it does and how long it took."""

from collections.abc import Mapping

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy

from app.domain.call import Step
from app.ui.fonts import font, metrics
from app.ui.paint import draw_rounded, draw_text, elided
from app.ui.painted import Painted
from app.ui.tokens import SPACE_S, Radius, Size, Token

EXPECTED = {
    "server": "Server",
    "stt": "Speech recognition",
    "llm": "Language model",
    "tts": "Voice",
    "room": "Join the room",
}
"""The steps of a start in their order, shown before any of them has begun."""
BAR_PX = 4
LABEL_BASELINE = 22
DETAIL_BASELINE = 39
HEIGHT = 46


class Steps(Painted):
    """The steps of a start side by side."""

    ground = Token.CARD

    def __init__(self) -> None:
        super().__init__("Progress of the start")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._steps: list[Step] = []
        self.show_steps({})

    def show_steps(self, steps: Mapping[str, Step]) -> None:
        """Show these steps, and those expected that have not begun."""
        keys = [*EXPECTED, *(key for key in steps if key not in EXPECTED)]
        self._steps = [steps.get(key) or Step(key, EXPECTED.get(key, key)) for key in keys]
        self.update()

    def item_count(self) -> int:
        return len(self._steps)

    def item_rect(self, index: int) -> QRectF:
        inside = self.contentsRect()
        width = (inside.width() + SPACE_S) / len(self._steps)
        return QRectF(index * width, inside.y(), width - SPACE_S, inside.height())

    def item_text(self, index: int) -> str:
        step = self._steps[index]
        if step.took_s is not None:
            how_far = "done"
        elif step.fraction is not None:
            how_far = f"{step.fraction:.0%}"
        else:
            how_far = "running" if step.detail else "waiting"
        return ", ".join(part for part in (step.label, how_far, step.detail) if part)

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for index, step in enumerate(self._steps):
            self._paint_step(painter, self.item_rect(index), step)

    def _paint_step(self, painter: QPainter, box: QRectF, step: Step) -> None:
        done = step.took_s is not None
        bar = QRectF(box.x(), box.y(), box.width(), BAR_PX)
        running = not done and step.fraction is None and bool(step.detail)
        draw_rounded(painter, bar, Radius.BAR, Token.ACCENT_DIM if running else Token.LINE)
        share = 1.0 if done else step.fraction or 0.0
        if share > 0:
            filled = QRectF(bar.x(), bar.y(), max(BAR_PX, bar.width() * min(1.0, share)), BAR_PX)
            draw_rounded(painter, filled, Radius.BAR, Token.ACCENT)
        name = elided(metrics(Size.SECONDARY), step.label, box.width())
        detail = elided(metrics(Size.CAPTION), step.detail, box.width())
        ink = Token.OK if done else Token.TEXT2
        draw_text(painter, box.x(), box.y() + LABEL_BASELINE, name, font(Size.SECONDARY), ink)
        face = font(Size.CAPTION, num=True)
        draw_text(painter, box.x(), box.y() + DETAIL_BASELINE, detail, face, Token.TEXT3)

    def _above(self) -> int:
        return self.contentsMargins().top()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(560, HEIGHT + self._above())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(420, HEIGHT + self._above())
