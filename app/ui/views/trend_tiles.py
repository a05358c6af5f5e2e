"""The tiles beside the trends: one figure each, with what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.domain.turns import P95_FROM_TURNS, Turn, percentiles
from app.ui.fonts import Weight, font, metrics
from app.ui.paint import draw_rounded, draw_text, elided
from app.ui.tokens import Radius, Size, Token
from app.ui.views.figures import NONE, delay_ink, seconds
from app.ui.views.stages import part_of

WIDTH, GAP = 118, 8
PAD = 12


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure, its name and what it rests on."""

    name: str
    figure: str
    ink: Token
    note: str

    def text(self) -> str:
        return f"{self.name}: {self.figure}, {self.note}"


def tiles_of(turns: Sequence[Turn]) -> list[Tile]:
    """Median and p95 of the reported delays, the slowest part of all, and the median of what was heard."""
    reported = percentiles([turn.reported_ms for turn in turns if turn.reported_ms is not None])
    heard = percentiles([turn.heard_ms for turn in turns if turn.heard_ms is not None])
    counted = f"n = {reported.n}"
    few = f"from {P95_FROM_TURNS} turns"
    return [
        _delay_tile("p50", reported.p50, counted),
        _delay_tile("p95", reported.p95, few if reported.p95 is None else counted),
        _slowest_tile(turns),
        _delay_tile("Heard, p50", heard.p50, f"n = {heard.n}"),
    ]


def draw_tiles(painter: QPainter, tiles: Sequence[Tile], box: QRectF) -> None:
    """Two columns of tiles that fill the height of `box`."""
    height = (box.height() - GAP) / 2
    for index, tile in enumerate(tiles):
        x = box.x() + index % 2 * (WIDTH + GAP)
        y = box.y() + index // 2 * (height + GAP)
        _draw_tile(painter, tile, QRectF(x, y, WIDTH, height))


def _draw_tile(painter: QPainter, tile: Tile, box: QRectF) -> None:
    draw_rounded(painter, box, Radius.CARD, Token.CARD, Token.LINE)
    x, y, room = box.x() + PAD, box.y() + box.height() / 4, box.width() - 2 * PAD
    draw_text(painter, x, y, tile.name, font(Size.SECONDARY), Token.TEXT2)
    size = _figure_size(tile.figure, room)
    figure = elided(metrics(size, Weight.Bold, num=True), tile.figure, room)
    face = font(size, Weight.Bold, num=True)
    draw_text(painter, x, y + box.height() * 0.36, figure, face, tile.ink)
    note = elided(metrics(Size.CAPTION), tile.note, room + PAD - 4)
    draw_text(painter, x, y + box.height() * 0.59, note, font(Size.CAPTION), Token.TEXT3)


def _figure_size(figure: str, room: float) -> Size:
    """The largest size in which a name of a part still fits."""
    sizes = (Size.TILE, Size.TITLE, Size.SCRIPT)
    fits = (s for s in sizes if metrics(s, Weight.Bold, num=True).horizontalAdvance(figure) <= room)
    return next(fits, Size.SCRIPT)


def _delay_tile(name: str, ms: float | None, note: str) -> Tile:
    if ms is None:
        return Tile(name, NONE, Token.TEXT3, note)
    return Tile(name, seconds(ms), delay_ink(ms), note)


def _slowest_tile(turns: Sequence[Turn]) -> Tile:
    slowest = [(turn.slowest, turn.index) for turn in turns if turn.slowest is not None]
    if not slowest:
        return Tile("Slowest part", NONE, Token.TEXT3, "n = 0")
    stage, index = max(slowest, key=lambda pair: pair[0].duration_ms)
    took = f"{seconds(stage.duration_ms)} of turn {index}"
    return Tile("Slowest part", part_of(stage).label, Token.TEXT, took)
