"""The lists left of the Stage: the calls and their agents, as far as there are any."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from app.domain.call import Call, Changes
from app.domain.facts import AgentState
from app.ui.controls import Pane, Role, SquareButton, column, label, pane, row
from app.ui.fonts import Weight, font, metrics
from app.ui.icons import ICON_PX
from app.ui.pages.call_list import CallList, Listed
from app.ui.paint import draw_icon, draw_rounded, draw_text, elided, middle_baseline
from app.ui.painted import NOTHING, Painted
from app.ui.plain_text import shown
from app.ui.tokens import Size, Token

WIDTH = 230
HEAD_HEIGHT = 32
HEAD_BUTTON = 26
AGENT_HEIGHT = 33
AGENT_WORDS = {
    AgentState.FAILED: ("failed", Token.BAD, Token.BAD_DIM),
    AgentState.STARTING: ("starting", Token.TEXT2, Token.RAISE),
    AgentState.STOPPING: ("leaving", Token.TEXT2, Token.RAISE),
    AgentState.STOPPED: ("ready", Token.TEXT2, Token.RAISE),
}
"""Word, ink and ground of the chip, the worst first; in any other state the agent is in the call."""


@dataclass(frozen=True, slots=True)
class _Agent:
    """An agent, and the calls that it is in or was in."""

    name: str
    calls: tuple[Call, ...]

    def word(self) -> tuple[str, Token, Token]:
        states = [_state(call) for call in self.calls]
        if AgentState.FAILED in states:
            return AGENT_WORDS[AgentState.FAILED]
        at_work = sum(state not in AGENT_WORDS for state in states)
        if at_work:
            words = "in call" if at_work == 1 else f"in {at_work} calls"
            return words, Token.OK, Token.OK_DIM
        return next(words for state, words in AGENT_WORDS.items() if state in states)

    def tip(self) -> str:
        lines = [shown(self.name)]
        for call in self.calls:
            lines.append(f"{shown(call.room)}:" if len(self.calls) > 1 else "")
            lines += [f"{s.part}: {s.name} {s.model or ''}".strip() for s in call.services]
        return "\n".join(line for line in lines if line)


def _state(call: Call) -> AgentState:
    return AgentState.STOPPED if call.closed_at is not None else call.agent_state


class AgentList(Painted):
    """One row for each agent, with what it does."""

    def __init__(self) -> None:
        super().__init__("Agents")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(AGENT_HEIGHT)
        self._agents: tuple[_Agent, ...] = ()

    def show_calls(self, calls: Sequence[Call]) -> None:
        """List the agents of these calls, each once."""
        names = dict.fromkeys(call.agent_name for call in calls if call.agent_name)
        self._agents = tuple(
            _Agent(name, tuple(call for call in calls if call.agent_name == name)) for name in names
        )
        self.current = min(self.current, len(self._agents) - 1)
        self.setFixedHeight(AGENT_HEIGHT * max(1, len(self._agents)))
        self.update()

    def item_count(self) -> int:
        return len(self._agents)

    def item_rect(self, index: int) -> QRectF:
        return QRectF(0, index * AGENT_HEIGHT, self.width(), AGENT_HEIGHT)

    def item_text(self, index: int) -> str:
        agent = self._agents[index]
        return f"{shown(agent.name)}, {agent.word()[0]}"

    def tip_at(self, position: QPointF) -> str:
        index = self.item_at(position)
        return "" if index == NOTHING else self._agents[index].tip()

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for index, agent in enumerate(self._agents):
            self._paint_agent(painter, index * AGENT_HEIGHT, agent)

    def _paint_agent(self, painter: QPainter, top: float, agent: _Agent) -> None:
        word, ink, ground = agent.word()
        width = metrics(Size.SECONDARY).horizontalAdvance(word) + 16
        chip = QRectF(self.width() - 8 - width, top + 8, width, 18)
        draw_rounded(painter, chip, chip.height() / 2, ground)
        base = middle_baseline(metrics(Size.SECONDARY), chip.y(), chip.height())
        draw_text(painter, chip.x() + 8, base, word, font(Size.SECONDARY), ink)
        draw_icon(painter, "bot", Token.TEXT, 8, top + (AGENT_HEIGHT - ICON_PX) / 2)
        face = metrics(Size.BODY, Weight.Medium)
        name = elided(face, shown(agent.name), chip.x() - 7 - 30)
        base = middle_baseline(face, top, AGENT_HEIGHT)
        draw_text(painter, 30, base, name, font(Size.BODY, Weight.Medium), Token.TEXT)


class SideLists(QWidget):
    """Both lists under their captions; they scroll together where there are many calls."""

    new_pressed = Signal()
    """Another call is wanted beside those that there are."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self.calls, self.agents = CallList(), AgentList()
        self.new = SquareButton("plus", "Start another call", side=HEAD_BUTTON)
        self.new.clicked.connect(self.new_pressed)
        self._rows: tuple[Listed, ...] = ()
        self._scroll = _Scroll(self._lists())
        self.calls.shown_item.connect(self._reveal)
        ground = pane(Pane.SIDE)
        lines = column(ground, (10, 10, 11, 0))
        head = row()
        head.addWidget(_caption("Live calls"), 1)
        head.addWidget(self.new)
        lines.addLayout(head)
        lines.addWidget(self._scroll, 1)
        column(self).addWidget(ground)

    def show_calls(self, rows: Sequence[Listed], in_hand: str) -> None:
        """List these calls and their agents."""
        self._rows = tuple(rows)
        self.calls.show_calls(rows, in_hand)
        self._show_agents()

    def note(self, key: str, changes: Changes) -> None:
        """A call of the list has taken facts in."""
        self.calls.note(key, changes)
        if changes.state:
            self._show_agents()

    def tick(self, now: float) -> None:
        self.calls.tick(now)

    def _show_agents(self) -> None:
        self.agents.show_calls([listed.call for listed in self._rows])

    def _lists(self) -> QWidget:
        content = pane(Pane.SIDE_LIST)
        lines = column(content, (0, 0, 0, 10))
        lines.addWidget(self.calls)
        lines.addWidget(_caption("Agents"))
        lines.addWidget(self.agents)
        lines.addStretch(1)
        return content

    @Slot(int)
    def _reveal(self, index: int) -> None:
        box = self.calls.item_rect(index).toAlignedRect()
        self._scroll.ensureVisible(0, box.center().y(), 0, box.height())


class _Scroll(QScrollArea):
    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, 0)


def _caption(text: str) -> QWidget:
    head = label(text, Role.CAPTION)
    head.setFixedHeight(HEAD_HEIGHT)
    head.setContentsMargins(6, 0, 0, 0)
    return head
