"""The services of a preset as cards, one behind the other."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.domain.preset_services import Realtime, Services
from app.domain.services import ServiceEntry, ServiceKind
from app.ui.controls import row
from app.ui.fonts import Weight, font, metrics
from app.ui.pages.agents_values import KIND_WORDS, Group, plain_services
from app.ui.pages.agents_words import detail_of, fallback_line, service_name
from app.ui.paint import (
    Align,
    draw_focus_ring,
    draw_rounded,
    draw_text,
    elided,
    middle_baseline,
    wants_focus_ring,
)
from app.ui.plain_text import plain_tip
from app.ui.tokens import Radius, Size, Token

HEIGHT = 112
_PAD = 13


class ServiceCard(QAbstractButton):
    """One service: what it does in the agent, its name, its model, how long it takes and who takes over."""

    def __init__(self, kind: ServiceKind) -> None:
        super().__init__()
        self.kind = kind
        self._name = self._detail = self._took = self._fallback = self._wrong = ""
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def show_service(self, group: Group, entries: Mapping[str, ServiceEntry]) -> None:
        """Show a service as it stands in the text."""
        service_id = str(group.get("service", ""))
        self._name = service_name(service_id, entries)
        self._detail = detail_of(group)
        self._fallback = fallback_line(group, entries)
        entry = entries.get(service_id)
        self._wrong = ""
        if entries and entry is None:
            self._wrong = "not a service of this Pipecat"
        elif entry is not None and not entry.installed:
            self._wrong = f"needs the extra {', '.join(entry.extras)}" if entry.extras else ""
        self._tell()

    def show_took(self, seconds: float | None) -> None:
        """The median of its stage, in the calls with these services."""
        self._took = "" if seconds is None else f"{seconds:.2f} s"
        self._tell()

    def _tell(self) -> None:
        took = f"{self._took} as a median" if self._took else "not measured"
        said = [self._name, self._wrong or self._detail, took, self._fallback]
        words = f"{KIND_WORDS[self.kind]}: " + ", ".join(part for part in said if part)
        self.setAccessibleName(words)
        self.setToolTip(plain_tip(f"{words}. Choose another service, or change its settings."))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(220, HEIGHT)

    def paintEvent(self, e: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        box = QRectF(self.rect())
        able = self.isEnabled()
        hot = able and (self.underMouse() or self.isDown())
        draw_rounded(
            painter,
            box,
            Radius.CARD,
            Token.RAISE if hot else Token.CARD,
            Token.LINE2 if hot else Token.LINE,
        )
        width = box.width() - 2 * _PAD
        self._line(painter, 26, KIND_WORDS[self.kind], Size.CAPTION, Token.TEXT3, Weight.DemiBold)
        ink = Token.TEXT if able else Token.TEXT3
        self._line(painter, 49, self._name, Size.LEAD, ink, Weight.DemiBold)
        detail, tone = (self._wrong, Token.WARN) if self._wrong else (self._detail, Token.TEXT2)
        self._line(painter, 69, detail or "as it comes", Size.SECONDARY, tone)
        face = metrics(Size.SECONDARY, num=True)
        took = self._took or "–"
        draw_text(painter, _PAD, 96, took, font(Size.SECONDARY, num=True), Token.TEXT3)
        room = width - face.horizontalAdvance(took) - 12
        small, words = metrics(Size.SECONDARY), self._fallback
        if small.horizontalAdvance(words) > room:
            words = elided(small, words.removeprefix("falls back to "), room)
        right = box.right() - _PAD
        draw_text(painter, right, 96, words, font(Size.SECONDARY), Token.TEXT2, Align.RIGHT)
        if wants_focus_ring(self):
            draw_focus_ring(painter, box, Radius.CARD)

    def _line(
        self,
        painter: QPainter,
        y: float,
        text: str,
        size: Size,
        ink: Token,
        weight: Weight = Weight.Normal,
    ) -> None:
        words = elided(metrics(size, weight), text, self.width() - 2 * _PAD)
        draw_text(painter, _PAD, y, words, font(size, weight), ink)


class _Arrow(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(30)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        base = middle_baseline(metrics(Size.BODY), 0, self.height())
        x = self.width() / 2
        draw_text(painter, x, base, "→", font(Size.BODY), Token.TEXT3, Align.CENTRE)


class Pipe(QWidget):
    """Three cards of a cascade, or the one card of speech to speech."""

    pressed = Signal(str)
    """A card was pressed; carries the name of its part: stt, llm, tts or realtime."""

    def __init__(self) -> None:
        super().__init__()
        self.cards = {kind: ServiceCard(kind) for kind in ServiceKind}
        self._arrows = [_Arrow(), _Arrow()]
        across = row(self)
        cascade = (ServiceKind.STT, ServiceKind.LLM, ServiceKind.TTS)
        for index, kind in enumerate(cascade):
            across.addWidget(self.cards[kind], 1)
            if index < len(self._arrows):
                across.addWidget(self._arrows[index])
        across.addWidget(self.cards[ServiceKind.REALTIME], 1)
        for card in self.cards.values():
            card.clicked.connect(self._tell)

    def show_services(
        self, services: Services | Realtime, entries: Mapping[str, ServiceEntry]
    ) -> None:
        """Show the services of a preset."""
        groups = plain_services(services)
        for kind, card in self.cards.items():
            group = groups.get(kind.value)
            card.setVisible(group is not None)
            if group is not None:
                card.show_service(group, entries)
        for arrow in self._arrows:
            arrow.setVisible(isinstance(services, Services))

    def show_took(self, stage_s: Mapping[str, float]) -> None:
        """The medians of the stages, by part."""
        for kind, card in self.cards.items():
            card.show_took(stage_s.get(kind.value))

    def _tell(self) -> None:
        pressed = self.sender()
        if isinstance(pressed, ServiceCard):
            self.pressed.emit(pressed.kind.value)
