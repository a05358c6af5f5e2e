"""The services to choose from, in groups: what runs here, what has its key, what lacks something."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy

from app.domain.services import LocalEndpoint, ServiceEntry, ServiceKind
from app.ui.fonts import Weight, font, metrics
from app.ui.pages.agents_values import ENDPOINT_SERVICE, Group
from app.ui.paint import Align, draw_rounded, draw_text, elided
from app.ui.painted import Painted
from app.ui.plain_text import shown
from app.ui.tokens import Radius, Size, Token

HERE, READY, LACKS_KEY, LACKS_EXTRA = (
    "On this computer",
    "Ready, with a key",
    "Lacks a key",
    "Needs an extra",
)
_ORDER = (HERE, READY, LACKS_KEY, LACKS_EXTRA)
ROW, HEAD = 32, 28
_PAD = 10


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to choose: a service, or a model of a server on this computer."""

    entry: ServiceEntry
    group: str
    name: str
    note: str = ""
    endpoint: tuple[str, str] = ("", "")
    """The address and the model of a server on this computer."""

    def start(self) -> Group:
        """The service as it would first stand in the text."""
        url, model = self.endpoint
        more: Group = {"model": model, "url": url} if url else {}
        return {"service": self.entry.id, **more}


def offers(
    entries: Sequence[ServiceEntry],
    endpoints: Sequence[LocalEndpoint],
    with_key: frozenset[str],
    kind: ServiceKind,
) -> tuple[Offer, ...]:
    """What can be chosen for a part of an agent, in the order in which it stands."""
    fitting = [entry for entry in entries if entry.kind is kind]
    made = [Offer(entry, *_placed(entry, with_key)) for entry in fitting]
    if kind is ServiceKind.LLM:
        made = [*_of_endpoints(fitting, endpoints), *made]
    return tuple(sorted(made, key=_rank))


def _rank(offer: Offer) -> tuple[int, bool, str]:
    return _ORDER.index(offer.group), offer.entry.deprecated, offer.name.casefold()


def _placed(entry: ServiceEntry, with_key: frozenset[str]) -> tuple[str, str, str]:
    """Group, name and note of a service."""
    name = entry.label + (" (deprecated)" if entry.deprecated else "")
    if not entry.installed:
        return LACKS_EXTRA, name, ", ".join(entry.extras)
    lacking = [each for each in entry.credentials if each.required]
    lacking = [each for each in lacking if each.provider_id not in with_key]
    if entry.local and not lacking:
        return HERE, name, ""
    if not lacking:
        return READY, name, ""
    return LACKS_KEY, name, lacking[0].variable or lacking[0].parameter


def _of_endpoints(
    fitting: Sequence[ServiceEntry], endpoints: Sequence[LocalEndpoint]
) -> Iterator[Offer]:
    entry = next((each for each in fitting if each.id == ENDPOINT_SERVICE), None)
    if entry is None:
        return
    for endpoint in endpoints:
        for model in endpoint.models:
            yield Offer(entry, HERE, model, endpoint.name, (endpoint.url, model))


class OfferList(Painted):
    """The offers that a search finds, under their headings. It is as high as its rows."""

    chosen = Signal(object)
    """Offer"""
    shown_item = Signal(int)

    def __init__(self) -> None:
        super().__init__("Services to choose from")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._all: tuple[Offer, ...] = ()
        self.offers: tuple[Offer, ...] = ()
        """Those that are found, in their order."""
        self._tops: list[int] = []
        self._heads: list[tuple[int, str]] = []
        self._wanted = ""
        self._picked = ("", ("", ""))
        self.activated.connect(self._choose)

    def show_offers(self, found: Sequence[Offer]) -> None:
        self._all = tuple(found)
        self.search(self._wanted)

    def search(self, words: str) -> None:
        """Show those whose name, id or note has these words."""
        self._wanted = words
        wanted = words.strip().casefold()
        self.offers = tuple(
            each
            for each in self._all
            if wanted in f"{each.name} {each.entry.id} {each.note} {each.group}".casefold()
        )
        self.current = min(self.current, len(self.offers) - 1)
        self._place()
        self.invalidate()

    def mark(self, group: Group) -> None:
        """Mark the service that holds."""
        service = str(group.get("service", ""))
        address = (str(group.get("url", "")), str(group.get("model", "")))
        known = any(
            each.entry.id == service and each.endpoint == address and address[0]
            for each in self._all
        )
        self._picked = (service, address if known else ("", ""))
        self.update()

    def _is_picked(self, offer: Offer) -> bool:
        return (offer.entry.id, offer.endpoint) == self._picked

    def _place(self) -> None:
        self._tops, self._heads, top, group = [], [], 0, ""
        for offer in self.offers:
            if offer.group != group:
                group = offer.group
                self._heads.append((top, group))
                top += HEAD
            self._tops.append(top)
            top += ROW
        self.setFixedHeight(top)

    def _choose(self, index: int) -> None:
        self.chosen.emit(self.offers[index])

    # Painted

    def item_count(self) -> int:
        return len(self.offers)

    def item_rect(self, index: int) -> QRectF:
        return QRectF(0, self._tops[index], self.width(), ROW - 2)

    def item_text(self, index: int) -> str:
        offer = self.offers[index]
        said = [shown(offer.name), offer.group.lower(), shown(offer.note)]
        said.append("chosen" if self._is_picked(offer) else "")
        return ", ".join(part for part in said if part)

    def reveal(self, index: int) -> None:
        self.shown_item.emit(index)

    def paint_live(self, painter: QPainter, clip: QRect) -> None:
        for top, words in self._heads:
            face = font(Size.CAPTION, Weight.DemiBold)
            draw_text(painter, _PAD, top + 19, words, face, Token.TEXT3)
        for index, offer in enumerate(self.offers):
            box = self.item_rect(index)
            if box.intersects(QRectF(clip)):
                self._paint_row(painter, box, offer, hot=index == self.hovered)

    def _paint_row(self, painter: QPainter, box: QRectF, offer: Offer, *, hot: bool) -> None:
        picked = self._is_picked(offer)
        if picked or hot:
            draw_rounded(painter, box, Radius.CONTROL, Token.RAISE if picked else Token.CARD)
        if picked:
            bar = QRectF(box.left(), box.top() + 7, 3, box.height() - 14)
            draw_rounded(painter, bar, Radius.BAR, Token.ACCENT)
        base = box.top() + 19
        small = metrics(Size.CAPTION)
        note = elided(small, shown(offer.note, 60), box.width() * 0.42)
        room = box.width() - 2 * _PAD - small.horizontalAdvance(note) - 10
        name = elided(metrics(Size.BODY), shown(offer.name), room)
        ink = Token.TEXT2 if offer.group == LACKS_EXTRA else Token.TEXT
        draw_text(painter, _PAD, base, name, font(Size.BODY), ink)
        right = box.right() - _PAD
        draw_text(painter, right, base, note, font(Size.CAPTION), Token.TEXT3, Align.RIGHT)
