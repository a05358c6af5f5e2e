"""The list of agents: an icon, a name, what it is made of, and a light."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QSizePolicy

from app.domain.agent_desk import AgentHealth, AgentView
from app.ui.fonts import Weight, font, metrics
from app.ui.icons import ICON_PX
from app.ui.pages.agents_words import HEALTH_INKS, agent_text
from app.ui.paint import draw_dot, draw_icon, draw_rounded, draw_text, elided
from app.ui.painted import NOTHING, Painted
from app.ui.plain_text import shown
from app.ui.tokens import Radius, Size, Token

ROW = 53
_PAD = 10
_TEXT_X = 42
_DOT = 4.0


class AgentList(Painted):
    """All agents, of which one is chosen. It is as high as its rows."""

    chosen = Signal(str)
    """Another agent was chosen; carries its id."""
    shown_item = Signal(int)
    """The keyboard went to an agent that should be in sight."""
    remove_pressed = Signal(str)
    """Delete was pressed on an agent; carries its id."""

    ground = Token.PANEL

    def __init__(self) -> None:
        super().__init__("Agents")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(0)
        self._views: tuple[AgentView, ...] = ()
        self._unsaved: frozenset[str] = frozenset()
        self.agent_id = ""
        """Of the chosen agent; empty while there is none."""
        self.activated.connect(self._choose_row)

    def show_agents(self, views: Sequence[AgentView]) -> None:
        """Show these; the chosen one stays chosen while it is there, else the first is."""
        self._views = tuple(views)
        self.current = min(self.current, len(views) - 1)
        self.setFixedHeight(len(views) * ROW)
        self.invalidate()
        if self._index(self.agent_id) == NOTHING:
            self.choose(views[0].id if views else "")

    def show_unsaved(self, unsaved: Collection[str]) -> None:
        """Mark the agents whose text is not saved."""
        if self._unsaved != frozenset(unsaved):
            self._unsaved = frozenset(unsaved)
            self.update()

    def choose(self, agent_id: str) -> None:
        """Choose an agent as a click does."""
        if agent_id != self.agent_id:
            self.agent_id = agent_id
            self.current = self._index(agent_id)
            self.update()
            if self.current != NOTHING:
                self.reveal(self.current)
            self.chosen.emit(agent_id)

    def _choose_row(self, index: int) -> None:
        self.choose(self._views[index].id)

    def _index(self, agent_id: str) -> int:
        ids = [view.id for view in self._views]
        return ids.index(agent_id) if agent_id in ids else NOTHING

    # Painted

    def item_count(self) -> int:
        return len(self._views)

    def item_rect(self, index: int) -> QRectF:
        return QRectF(0, index * ROW, self.width(), ROW - 1)

    def item_text(self, index: int) -> str:
        view = self._views[index]
        said = agent_text(view, unsaved=view.id in self._unsaved)
        return f"{said}, chosen" if view.id == self.agent_id else said

    def reveal(self, index: int) -> None:
        self.shown_item.emit(index)

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for index, view in enumerate(self._views):
            box = self.item_rect(index)
            if box.intersects(QRectF(clip)):
                self._paint_row(painter, box, view, hot=index == self.hovered)

    def _paint_row(self, painter: QPainter, box: QRectF, view: AgentView, *, hot: bool) -> None:
        if view.id == self.agent_id or hot:
            ground = Token.RAISE if view.id == self.agent_id else Token.CARD
            draw_rounded(painter, box, Radius.CONTROL, ground)
        draw_icon(painter, "bot", Token.TEXT2, _PAD - 1, box.center().y() - ICON_PX / 2)
        width = box.width() - _TEXT_X - 3 * _PAD
        face = metrics(Size.BODY, Weight.Medium)
        unsaved = view.id in self._unsaved
        name = elided(face, shown(view.name), width - (14 if unsaved else 0))
        draw_text(
            painter, _TEXT_X, box.top() + 23, name, font(Size.BODY, Weight.Medium), Token.TEXT
        )
        if unsaved:
            at = QPointF(_TEXT_X + face.horizontalAdvance(name) + 9, box.top() + 18.5)
            draw_dot(painter, at, 2.5, Token.OPERATOR)
        line = elided(metrics(Size.CAPTION), shown(view.line), width)
        ink = Token.BAD if view.health is AgentHealth.BROKEN else Token.TEXT3
        draw_text(painter, _TEXT_X, box.top() + 40, line, font(Size.CAPTION), ink)
        light = QPointF(box.right() - _PAD + 2 - _DOT, box.center().y())
        draw_dot(painter, light, _DOT, HEALTH_INKS[view.health])

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        index = self.current
        if event.key() == Qt.Key.Key_Delete and 0 <= index < len(self._views):
            self.remove_pressed.emit(self._views[index].id)
        else:
            super().keyPressEvent(event)
