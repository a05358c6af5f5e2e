"""The list of servers: a bar of its colour, its name, its address, and a light."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy

from app.domain.servers import ServerView
from app.ui.fonts import Weight, font, metrics
from app.ui.labels import Tone, tone_inks
from app.ui.pages.server_words import KIND_WORDS, address_of, reach_words, second_line
from app.ui.paint import draw_dot, draw_rounded, draw_text, elided
from app.ui.painted import Painted
from app.ui.plain_text import shown
from app.ui.server_marks import BAR_WIDTH, SERVER_INKS
from app.ui.tokens import Radius, Size, Token

ROW = 54
GAP = 4
_PAD = 10
_TEXT_X = _PAD + BAR_WIDTH + _PAD
_DOT = 4.0


class ServerList(Painted):
    """All servers, of which one is chosen. It is as high as its rows."""

    chosen = Signal(str)
    """Another server was chosen; carries its name."""

    shown_item = Signal(int)
    """The keyboard went to a server that should be in sight."""

    ground = Token.BG

    def __init__(self) -> None:
        super().__init__("Servers")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._views: tuple[ServerView, ...] = ()
        self._tested: dict[str, tuple[str, Tone]] = {}
        self.name = ""
        """Of the chosen server; empty while there is none."""
        self.activated.connect(self._choose_row)

    def show_servers(self, views: Sequence[ServerView]) -> None:
        """Show these; the chosen one stays chosen while it is there, else the first is."""
        if tuple(views) == self._views:
            return
        self._views = tuple(views)
        self.current = min(self.current, len(views) - 1)
        self.setFixedHeight(max(0, len(views) * (ROW + GAP) - GAP))
        self.invalidate()
        if self._index(self.name) is None:
            self.choose(views[0].profile.name if views else "")

    def show_tested(self, tested: Mapping[str, tuple[str, Tone]]) -> None:
        """What tests found, by the names of the servers."""
        self._tested = dict(tested)
        self.update()

    def choose(self, name: str) -> None:
        if name != self.name:
            self.name = name
            self.update()
            self.chosen.emit(name)

    def _choose_row(self, index: int) -> None:
        self.choose(self._views[index].profile.name)

    def _index(self, name: str) -> int | None:
        names = [view.profile.name for view in self._views]
        return names.index(name) if name in names else None

    # Painted

    def item_count(self) -> int:
        return len(self._views)

    def item_rect(self, index: int) -> QRectF:
        return QRectF(0, index * (ROW + GAP), self.width(), ROW)

    def item_text(self, index: int) -> str:
        view = self._views[index]
        said = [
            shown(view.profile.name),
            KIND_WORDS[view.profile.kind],
            shown(address_of(view.profile)),
        ]
        tested = self._tested.get(view.profile.name)
        said += [shown(view.state) or reach_words(view)]
        said += [f"connection test: {tested[0]}"] if tested else []
        return ", ".join(said + (["chosen"] if view.profile.name == self.name else []))

    def reveal(self, index: int) -> None:
        self.shown_item.emit(index)

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for index, view in enumerate(self._views):
            box = self.item_rect(index)
            if box.intersects(QRectF(clip)):
                self._paint_row(painter, box, view, hot=index == self.hovered)

    def _paint_row(self, painter: QPainter, box: QRectF, view: ServerView, *, hot: bool) -> None:
        if view.profile.name == self.name or hot:
            ground = Token.RAISE if view.profile.name == self.name else Token.CARD
            draw_rounded(painter, box, Radius.CONTROL, ground)
        bar = QRectF(box.left() + _PAD, box.top() + 12, BAR_WIDTH, ROW - 24)
        draw_rounded(painter, bar, Radius.BAR + 1, SERVER_INKS[view.profile.colour])
        width = box.width() - _TEXT_X - 3 * _PAD
        x = box.left() + _TEXT_X
        name = elided(metrics(Size.BODY, Weight.Medium), shown(view.profile.name), width)
        draw_text(painter, x, box.top() + 23, name, font(Size.BODY, Weight.Medium), Token.TEXT)
        line = elided(metrics(Size.CAPTION), shown(second_line(view)), width)
        ink = Token.BAD if view.reachable is False else Token.TEXT3
        draw_text(painter, x, box.top() + 40, line, font(Size.CAPTION), ink)
        draw_dot(
            painter, QPointF(box.right() - _PAD - _DOT, box.center().y()), _DOT, self._light(view)
        )

    def _light(self, view: ServerView) -> Token:
        if view.reachable is False:
            return Token.BAD
        tested = self._tested.get(view.profile.name)
        if tested is not None and tested[1] is not Tone.NEUTRAL:
            return tone_inks(tested[1])[1]
        return Token.OK if view.reachable else Token.TEXT3
