"""The sheet over the page that chooses a service for a part of an agent, and changes its settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from app.domain.services import LocalEndpoint, ServiceEntry, ServiceKind
from app.ui.controls import (
    Button,
    Choice,
    Dialog,
    ElidedLabel,
    Role,
    SearchField,
    SquareButton,
    column,
    label,
    row,
)
from app.ui.pages.agents_extras import ExtraBox, Installs
from app.ui.pages.agents_offers import Offer, OfferList, offers
from app.ui.pages.agents_property_sheet import PropertySheet
from app.ui.pages.agents_values import Group
from app.ui.pages.agents_words import fallbacks_of, service_name
from app.ui.plain_text import shown
from app.ui.tokens import SPACE_M, SPACE_S, Token

WIDTH = 860
LIST_WIDTH = 300
_ROOM = 240
"""Of the window's height, for what stands around the body."""
_LEAST, _MOST = 300, 560
TITLES = {
    ServiceKind.STT: "What hears the caller",
    ServiceKind.LLM: "What thinks",
    ServiceKind.TTS: "What speaks",
    ServiceKind.REALTIME: "What hears, thinks and speaks",
}
UNKNOWN = "This Pipecat has no such service. Choose another, or change it in the text."
LACKS_KEY = "Its key is not in Greenroom yet. Nothing is called before a call starts."


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue, this computer and the keyring have to offer."""

    entries: Mapping[str, ServiceEntry]
    endpoints: Sequence[LocalEndpoint]
    with_key: frozenset[str]


class ServiceSheet(Dialog):
    """Chooses a service with its settings and fallbacks; `group` is what would stand in the text. UI thread only."""

    key_wanted = Signal(str)
    """Carries the provider whose key is missing."""

    def __init__(
        self, over: QWidget, kind: ServiceKind, group: Group, known: Known, installs: Installs
    ) -> None:
        super().__init__(
            over, TITLES[kind], act="Use it", width=min(WIDTH, over.window().width() - 60)
        )
        self.kind = kind
        self._known = known
        self.search = SearchField("Find a service", width=LIST_WIDTH - 12)
        self.list = OfferList()
        self.none = label("", Role.SECONDARY, wrap=True)
        self.name = ElidedLabel(role=Role.SUBTITLE)
        self.says = label("", Role.SECONDARY, wrap=True)
        self.to_key = Button("Go to Keys", icon="key-round")
        self.extra = ExtraBox(installs)
        self.sheet: PropertySheet | None = None
        self.fallbacks = Fallbacks()
        self._group = dict(group)
        self._area = _scroll()
        self._lay_out(over.window().height())
        self._connect()
        self.fallbacks.show_group(self._group, self._known, self._of_kind())
        self.know(known)

    @property
    def group(self) -> Group:
        """The service as it would stand in the text."""
        made = dict(self.sheet.group if self.sheet is not None else self._group)
        made.pop("fallback", None)
        if self.fallbacks.groups:
            made["fallback"] = list(self.fallbacks.groups)
        return made

    def know(self, known: Known) -> None:
        """Show what there is to choose from now; what was typed stays."""
        group = self.group
        self._known = known
        entries = tuple(known.entries.values())
        self.list.show_offers(offers(entries, known.endpoints, known.with_key, self.kind))
        self.fallbacks.know(known, self._of_kind())
        self._show_service(group)

    def _of_kind(self) -> list[ServiceEntry]:
        found = [entry for entry in self._known.entries.values() if entry.kind is self.kind]
        return sorted(found, key=lambda entry: entry.label.casefold())

    @Slot(object)
    def _choose(self, offer: Offer) -> None:
        chosen = offer.start()
        held = self._group
        same = chosen["service"] == held.get("service") and chosen.get("url") == held.get("url")
        if not same or chosen.get("model", held.get("model")) != held.get("model"):
            self._show_service(chosen)

    def _show_service(self, group: Group) -> None:
        self._group = dict(group)
        service_id = str(group.get("service", ""))
        entry = self._known.entries.get(service_id)
        self.name.set_text(service_name(service_id, self._known.entries))
        self.list.mark(group)
        lacking = self._lacking(entry)
        self.says.setText(UNKNOWN if entry is None else LACKS_KEY if lacking else "")
        self.says.set_ink(Token.WARN)
        self.says.setVisible(bool(self.says.text()))
        self.to_key.setVisible(bool(lacking))
        missing = entry is not None and not entry.installed
        self.extra.show_extra(entry.extras[0] if missing and entry and entry.extras else "")
        self._show_sheet(entry, group)
        self.none.setVisible(not self.list.offers)
        self._judge()

    def _show_sheet(self, entry: ServiceEntry | None, group: Group) -> None:
        if self.sheet is not None:
            self._area.takeWidget()
            self.sheet.deleteLater()
        self.sheet = None
        if entry is not None:
            self.sheet = PropertySheet(entry, group)
            self.sheet.changed.connect(self._judge)
            self._area.setWidget(self.sheet)

    def _lacking(self, entry: ServiceEntry | None) -> str:
        """The provider whose key is missing."""
        if entry is None:
            return ""
        wanted = [each.provider_id for each in entry.credentials if each.required]
        return next((each for each in wanted if each and each not in self._known.with_key), "")

    @Slot()
    def _judge(self) -> None:
        wrong = bool(self.sheet and self.sheet.wrong)
        missing = self.sheet.missing if self.sheet is not None else []
        words = f"Still missing: {', '.join(missing)}" if missing else ""
        self.note.setText(shown("A field above is wrong." if wrong else words))
        self.set_act("Use it", possible=self.sheet is not None and not wrong)

    @Slot()
    def _press_key(self) -> None:
        entry = self._known.entries.get(str(self._group.get("service", "")))
        provider = self._lacking(entry)
        self.reject()
        self.key_wanted.emit(provider)

    @Slot(str)
    def _search(self, words: str) -> None:
        self.list.search(words)
        self.none.setText(f"No service here is called “{shown(words, 60)}”.")
        self.none.setVisible(not self.list.offers)

    def _press_return(self) -> None:
        """Return in the search goes on to the list, and in the list it chooses."""
        if self.window().focusWidget() not in (self.search, self.list):
            super()._press_return()

    @Slot()
    def _enter_list(self) -> None:
        self.list.setFocus(Qt.FocusReason.TabFocusReason)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self._enter_list)
        self.list.chosen.connect(self._choose)
        self.list.shown_item.connect(self._reveal)
        self.to_key.clicked.connect(self._press_key)

    @Slot(int)
    def _reveal(self, index: int) -> None:
        box = self.list.item_rect(index).toAlignedRect()
        self._offers.ensureVisible(0, box.center().y(), 0, box.height())

    def _lay_out(self, window_height: int) -> None:
        self.search.setToolTip("By name, id or what it lacks")
        self.to_key.setToolTip("Leave this sheet and store the key on the page Keys")
        self.note = label("", Role.HINT)
        self.note.set_ink(Token.WARN)
        self.foot.insertWidget(0, self.note)
        body = QWidget()
        body.setFixedHeight(min(_MOST, max(_LEAST, window_height - _ROOM)))
        across = row(body, gap=SPACE_M)
        left = QWidget()
        left.setFixedWidth(LIST_WIDTH)
        lines = column(left, gap=SPACE_S)
        lines.addWidget(self.search)
        lines.addWidget(self.none)
        self._offers = _scroll()
        self._offers.setWidget(self.list)
        lines.addWidget(self._offers, 1)
        across.addWidget(left)
        right = column(gap=SPACE_S)
        head = row(gap=SPACE_S)
        head.addWidget(self.name, 1)
        head.addWidget(self.to_key)
        right.addLayout(head)
        right.addWidget(self.says)
        right.addWidget(self.extra)
        right.addWidget(self._area, 1)
        right.addWidget(self.fallbacks)
        across.addLayout(right, 1)
        self.body.addWidget(body)


class Fallbacks(QWidget):
    """Who takes over when the service fails, in their order: add, move, remove."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[Group] = []
        self._known: Known | None = None
        self.add = Choice("Add a fallback")
        self.rows: list[_FallbackRow] = []
        lines = column(self, gap=4)
        head = row(gap=SPACE_S)
        head.addWidget(label("When it fails, within the turn", Role.NAME))
        head.addStretch(1)
        self.add.setMinimumWidth(200)
        self.add.setToolTip("Another service that takes over when all before it fail")
        head.addWidget(self.add)
        lines.addLayout(head)
        self._list = column(gap=2)
        lines.addLayout(self._list)
        self.add.chosen.connect(self._append)

    def show_group(self, group: Group, known: Known, entries: Sequence[ServiceEntry]) -> None:
        """Show the fallbacks of a service, and what can be added."""
        self.groups = fallbacks_of(group)
        self.know(known, entries)

    def know(self, known: Known, entries: Sequence[ServiceEntry]) -> None:
        self._known = known
        options = [("", "Add a fallback…")] + [(each.id, each.label) for each in entries]
        self.add.set_options(options)
        self._show()

    def _append(self, service_id: str) -> None:
        if service_id:
            self.groups.append({"service": service_id})
            self.add.choose("")
            self._tell()

    def _move(self, index: int, by: int) -> None:
        other = index + by
        if 0 <= other < len(self.groups):
            self.groups[index], self.groups[other] = self.groups[other], self.groups[index]
            self._tell()
            self.rows[other].up.setFocus(Qt.FocusReason.OtherFocusReason)

    def _remove(self, index: int) -> None:
        del self.groups[index]
        self._tell()
        self.add.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        for each in self.rows:
            each.hide()
            self._list.removeWidget(each)
            each.deleteLater()
        entries: Mapping[str, ServiceEntry] = {}
        if self._known is not None:
            entries = self._known.entries
        self.rows = []
        for index, group in enumerate(self.groups):
            name = service_name(str(group.get("service", "")), entries)
            made = _FallbackRow(index, name, last=index == len(self.groups) - 1)
            made.up.clicked.connect(partial(self._move, index, -1))
            made.down.clicked.connect(partial(self._move, index, 1))
            made.remove.clicked.connect(partial(self._remove, index))
            self.rows.append(made)
            self._list.addWidget(made)


class _FallbackRow(QWidget):
    def __init__(self, index: int, name: str, *, last: bool) -> None:
        super().__init__()
        self.up = SquareButton("chevron-up", f"Try {name} earlier", side=26)
        self.down = SquareButton("chevron-down", f"Try {name} later", side=26)
        self.remove = SquareButton("x", f"Do not fall back to {name}", side=26)
        self.up.setEnabled(index > 0)
        self.down.setEnabled(not last)
        across = row(self, gap=4)
        across.addWidget(ElidedLabel(f"{index + 1}. {name}", Role.BODY), 1)
        for button in (self.up, self.down, self.remove):
            across.addWidget(button)


class _Area(QScrollArea):
    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(LIST_WIDTH, 120)


def _scroll() -> QScrollArea:
    area = _Area()
    area.setProperty("frame", "list")
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    return area
