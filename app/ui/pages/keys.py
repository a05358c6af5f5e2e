"""The Keys page: the keyring, a card for each provider with a key, and the providers without one."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from app.domain.back_office import KeyDesk
from app.domain.errors import UserError
from app.domain.keys import KeyPlace, KeyringState, KeysView, KeyTest
from app.domain.ports import Clock
from app.domain.providers import Provider
from app.ui.announcing import announce
from app.ui.controls import (
    Button,
    Kind,
    Pane,
    Role,
    SearchField,
    column,
    label,
    pane,
    row,
)
from app.ui.keys import on_key
from app.ui.pages.key_acts import KeyActs
from app.ui.pages.key_cards import CARD_LEAST_WIDTH, TILE_LEAST_WIDTH, KeyCardView, ServiceTile
from app.ui.pages.key_tests import KeyTests, counted
from app.ui.pages.keys_banner import KeyringBanner
from app.ui.pages.keys_words import NEVER_WRITTEN, BannerAct, sentence_of
from app.ui.plain_text import shown
from app.ui.reflow import Reflow
from app.ui.tasks import TaskScope
from app.ui.tokens import SPACE_L, TOP_HEIGHT, Token

LOOK = "look at the keys"
LOOK_FAILED = UserError("The keys could not be read.", "The log says why.")
AGAIN_MS = 5_000
"""How often a keyring that cannot be used is looked at again; looking asks nobody for a password."""
_AGES_MS = 15_000
_PAGE_SIDE, _GAP = 20, 10
_UNUSABLE = (KeyringState.LOCKED, KeyringState.NOT_MADE, KeyringState.HUNG)
EMPTY = "No keys yet. The local agent needs none. Add one to use a service of the list below."
NOT_FOUND = "No provider here is called “{}”."
MORE = "More services that your agents can use"


class KeysPage(QWidget):
    """The API keys of this account. UI loop only: build it inside a running loop.

    It shows what the desk says and never holds a key. What fails goes to the scope's `report`, or stands where it was
    asked for.
    """

    told = Signal(object)
    """Toast: something was done."""

    def __init__(self, tasks: TaskScope, clock: Clock) -> None:
        super().__init__()
        self._tasks = tasks
        self._clock = clock
        self._desk: KeyDesk | None = None
        self._view: KeysView | None = None
        self._cards: dict[str, KeyCardView] = {}
        self._tiles: dict[str, ServiceTile] = {}
        self._looks = self._shown = 0
        self._test_next = ""
        self._asked_for = ""
        self.acts = KeyActs(self, tasks)
        self.tests = KeyTests(tasks, self)
        self.count = label("", Role.SECONDARY)
        self.count.set_ink(Token.TEXT3)
        self.search = SearchField("Find a provider")
        self.test_all = Button("Test all")
        self.take = Button("Import .env…")
        self.add = Button("Add a key", icon="plus", kind=Kind.PRIMARY)
        self.banner = KeyringBanner()
        self.says = label("", Role.SECONDARY, wrap=True)
        self.more = label(MORE, Role.CAPTION)
        self.cards = Reflow(least_width=CARD_LEAST_WIDTH, gap=_GAP)
        self.tiles = Reflow(least_width=TILE_LEAST_WIDTH, gap=_GAP)
        self._ages = self._timer(_AGES_MS, self._show_ages)
        self._again = self._timer(AGAIN_MS, self._look_again)
        self._lay_out()
        self._connect()
        self._show_all()

    def give_desk(self, desk: KeyDesk) -> None:
        """From now on there are keys to show."""
        self._desk = desk
        self.tests.give_desk(desk)
        self.acts.give_desk(desk)
        self._show_all()
        if self.isVisible():
            self.look()

    @Slot()
    def look(self) -> None:
        """Ask the desk how things are, unless it is being asked."""
        if self._desk is not None and not self._tasks.busy(LOOK):
            self._tasks.spawn(self._look(self._desk), doing=LOOK)

    @property
    def view(self) -> KeysView | None:
        """What is shown; None until the desk has answered."""
        return self._view

    @property
    def with_key(self) -> frozenset[str]:
        """Ids of the providers that have a card."""
        return frozenset(self._cards)

    @property
    def without_key(self) -> frozenset[str]:
        """Ids of the providers that have a tile."""
        return frozenset(self._tiles)

    def card_of(self, provider_id: str) -> KeyCardView:
        """The card of a provider that has a key."""
        return self._cards[provider_id]

    def tile_of(self, provider_id: str) -> ServiceTile:
        """The tile of a provider that has none."""
        return self._tiles[provider_id]

    # What is known

    async def _look(self, desk: KeyDesk) -> None:
        self._looks += 1
        this = self._looks
        failure = LOOK_FAILED
        try:
            self._show_view(await desk.look(), this)
        except UserError as error:
            failure = error
        finally:
            if self._shown < this == self._looks:
                self.banner.show_error(failure)

    def _show_view(self, view: KeysView, look: int) -> None:
        """Show what the look of that number found, unless a later one is under way."""
        if look != self._looks:
            return
        self._shown = look
        self._view = view
        self.acts.know(view.keyring)
        self.banner.show_keyring(view.keyring)
        self._follow(view.keyring.state)
        self._show_all()
        wanted, self._test_next = self._test_next, ""
        if wanted in self._cards:
            self._test(wanted)
        self._ask()

    def ask_for(self, provider_id: str) -> None:
        """Ask for a provider's key as soon as it is known whether there is one."""
        self._asked_for = provider_id
        self._ask()

    def _ask(self) -> None:
        wanted = self._asked_for
        if wanted in self._tiles:
            self._add_for(wanted)
        elif wanted in self._cards and self._cards[wanted].card.place is not KeyPlace.ENVIRONMENT:
            self._replace(wanted)
        if self._view is not None:
            self._asked_for = ""

    def _follow(self, state: KeyringState) -> None:
        """Keep an eye on a keyring that may become usable, while the page is seen."""
        if state in _UNUSABLE and self.isVisible():
            self._again.start()
        else:
            self._again.stop()

    @Slot(str, object)
    def _show_test(self, provider_id: str, test: KeyTest) -> None:
        if self._view is None:
            return
        cards = tuple(
            replace(card, last_test=test) if card.provider.id == provider_id else card
            for card in self._view.cards
        )
        self._view = replace(self._view, cards=cards)
        self._show_all()
        name = next((c.provider.name for c in cards if c.provider.id == provider_id), "")
        announce(self, f"{shown(name)}: {sentence_of(test)}")

    @Slot()
    def _show_tests(self) -> None:
        for card in self._cards.values():
            card.show_testing(self.tests.words_for(card.card.provider.id))
        self.cards.settle()
        if self.tests.waiting:
            self.test_all.set_face(f"Stop ({counted(self.tests)})")
            self.test_all.setToolTip("Start none of the tests that still wait")
        elif self.tests.running:
            self.test_all.set_face(f"Testing, {counted(self.tests)}")
            self.test_all.setToolTip("Every test ends within its deadline")
        else:
            self.test_all.set_face("Test all")
            self.test_all.setToolTip("Make one cheap call with every key")
        self._enable()

    @Slot()
    def _show_ages(self) -> None:
        for card in self._cards.values():
            card.refresh()
        self.cards.settle()

    @Slot()
    def _show_all(self) -> None:
        """Show the view as the search filters it, in the widgets there are already where they fit."""
        view = self._view
        self._enable()
        if view is None:
            self.more.hide()
            self.says.hide()
            return
        count = len(view.cards)
        counted_words = f"{count} {'provider' if count == 1 else 'providers'} · {NEVER_WRITTEN}"
        self.count.setText(counted_words if count else NEVER_WRITTEN.capitalize())
        self._keep_cards(view)
        self._keep_tiles(view)
        self._filter(view)
        self._show_tests()
        self._order_tabs()

    def _keep_cards(self, view: KeysView) -> None:
        for card in view.cards:
            known = self._cards.get(card.provider.id)
            if known is None:
                self._cards[card.provider.id] = self._card(KeyCardView(card, self._clock.now))
            elif known.card != card:
                known.show_card(card)
        _drop(self._cards, {card.provider.id for card in view.cards})

    def _keep_tiles(self, view: KeysView) -> None:
        for provider in view.others:
            if provider.id not in self._tiles:
                tile = self._tiles[provider.id] = ServiceTile(provider)
                tile.add_pressed.connect(self._add_for)
        _drop(self._tiles, {provider.id for provider in view.others})

    def _filter(self, view: KeysView) -> None:
        wanted = self.search.text().strip().casefold()
        cards = [
            self._cards[card.provider.id]
            for card in view.cards
            if _matches(wanted, card.provider, card.variable, *card.used_by)
        ]
        tiles = [self._tiles[p.id] for p in view.others if _matches(wanted, p, *p.variables)]
        self.cards.show_items(cards)
        self.tiles.show_items(tiles)
        self.cards.setVisible(bool(cards))
        self.tiles.setVisible(bool(tiles))
        self.more.setVisible(bool(tiles))
        words = "" if wanted else _says(view)
        if wanted and not cards and not tiles:
            words = NOT_FOUND.format(shown(self.search.text(), 60))
        self.says.setText(words)
        self.says.setVisible(bool(words))

    def _enable(self) -> None:
        known = self._desk is not None and self._view is not None
        has_cards = known and self._view is not None and bool(self._view.cards)
        resting = not self.tests.running or bool(self.tests.waiting)
        self.test_all.setEnabled(has_cards and resting)
        self.add.setEnabled(known)
        self.take.setEnabled(known)
        self.search.setEnabled(known)

    # What is pressed

    @Slot(object)
    def _press_banner(self, act: BannerAct) -> None:
        if act is BannerAct.WHERE:
            self.acts.show_where()
        elif act is BannerAct.LOOK:
            self.banner.show_looking()
            self.look()
        elif self._desk is not None:
            self.banner.show_looking("The keyring is asking for its password…")
            self._tasks.spawn(self._unlock(self._desk), doing="unlock the keyring")

    async def _unlock(self, desk: KeyDesk) -> None:
        try:
            await desk.unlock()
        finally:
            self.look()

    @Slot()
    def press_test_all(self) -> None:
        """Test every key, or stop before those that still wait."""
        if self.tests.waiting:
            self.tests.stop()
        elif self._view is not None:
            self.tests.start(card.provider for card in self._view.cards)

    @Slot(str)
    def _test(self, provider_id: str) -> None:
        self.tests.start([self._cards[provider_id].card.provider])

    @Slot()
    def _add(self) -> None:
        if self._view is not None:
            stored = [card.provider for card in self._view.cards]
            self.acts.add([*self._view.others, *stored])

    @Slot(str)
    def _add_for(self, provider_id: str) -> None:
        if self._view is not None:
            self.acts.add(self._view.others, self._tiles[provider_id].provider)

    @Slot(str)
    def _replace(self, provider_id: str) -> None:
        self.acts.replace(self._cards[provider_id].card.provider)

    @Slot(str)
    def _copy(self, provider_id: str) -> None:
        self.acts.copy(self._cards[provider_id].card.provider)

    @Slot(str)
    def _remove(self, provider_id: str) -> None:
        self.acts.remove(self._cards[provider_id].card)

    @Slot(str)
    def _show_stored(self, test_id: str) -> None:
        """Keys were stored or removed; test the one that was just typed, if that is wanted."""
        self._test_next = test_id
        if self._desk is not None:
            self._tasks.spawn(self._look(self._desk), doing=LOOK)

    # Parts

    def _card(self, card: KeyCardView) -> KeyCardView:
        card.test_pressed.connect(self._test)
        card.replace_pressed.connect(self._replace)
        card.copy_pressed.connect(self._copy)
        card.remove_pressed.connect(self._remove)
        return card

    def _timer(self, every_ms: int, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(every_ms)
        timer.timeout.connect(act)
        return timer

    def _connect(self) -> None:
        self.search.textChanged.connect(self._show_all)
        self.test_all.clicked.connect(self.press_test_all)
        self.take.clicked.connect(self.acts.import_keys)
        self.add.clicked.connect(self._add)
        self.acts.changed.connect(self._show_stored)
        self.acts.told.connect(self.told)
        self.banner.act_pressed.connect(self._press_banner)
        self.tests.changed.connect(self._show_tests)
        self.tests.tested.connect(self._show_test)
        on_key(self, "Ctrl+F").connect(self._go_to_search)
        on_key(self, "Ctrl+N").connect(self.add.click)

    @Slot()
    def _go_to_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def _look_again(self) -> None:
        if self.acts.dialog is None and self.banner.act.isVisible():
            self.look()

    def _lay_out(self) -> None:
        self.add.setToolTip("Store a provider’s key (Ctrl+N)")
        self.take.setToolTip("Show the keys of a .env file or of the environment")
        self.search.setToolTip("By name, service, variable or use (Ctrl+F)")
        page = column(self)
        page.addWidget(self._top())
        body = pane(Pane.PAGE)
        lines = column(body, (_PAGE_SIDE, SPACE_L, _PAGE_SIDE, SPACE_L), 14)
        for part in (self.banner, self.says, self.cards, self.more, self.tiles):
            lines.addWidget(part)
        lines.addStretch(1)
        area = QScrollArea()
        area.setWidget(body)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page.addWidget(area, 1)

    def _top(self) -> QWidget:
        ground = pane(Pane.TOP)
        ground.setFixedHeight(TOP_HEIGHT)
        bar = row(ground, (SPACE_L, 0, SPACE_L, 0), 14)
        bar.addWidget(label("Keys", Role.TITLE))
        bar.addWidget(self.count)
        bar.addStretch(1)
        for control in (self.search, self.test_all, self.take, self.add):
            bar.addWidget(control)
        return ground

    def _order_tabs(self) -> None:
        """Let Tab go over the page as one reads it."""
        order: list[QWidget] = [self.search, self.test_all, self.take, self.add, self.banner.act]
        for card in self.cards.items:
            if isinstance(card, KeyCardView):
                order += [card.menu, card.act]
        order += self.tiles.items
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        self._ages.start()
        self._order_tabs()
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self._ages.stop()
        self._again.stop()


def _says(view: KeysView) -> str:
    """What there is to say over the cards: which are not shown, or why there are none."""
    name = shown(view.keyring.name, 60)
    if view.keyring.state is KeyringState.LOCKED:
        return f"Keys in {name} show up here once it is unlocked."
    if view.keyring.state is KeyringState.HUNG:
        return f"Keys in {name} show up here once it answers."
    return "" if view.cards else EMPTY


def _matches(wanted: str, provider: Provider, *more: str) -> bool:
    return any(wanted in text.casefold() for text in (provider.name, provider.serves, *more))


def _drop(kept: dict[str, KeyCardView] | dict[str, ServiceTile], wanted: set[str]) -> None:
    """Take away the widgets of those that are gone."""
    for provider_id in set(kept) - wanted:
        gone = kept.pop(provider_id)
        gone.hide()
        gone.deleteLater()
