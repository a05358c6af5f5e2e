"""The Stage: the call in hand, and the list of all."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.domain.call import Call, Changes
from app.ui.audio.devices import AudioDevices
from app.ui.call_acts import NOTHING_HELD, UP, Phase
from app.ui.call_feed import NO_CALL
from app.ui.controls import column, row
from app.ui.keys import on_key
from app.ui.pages.call_bar import CallBar
from app.ui.pages.call_list import Listed
from app.ui.pages.compose import Compose
from app.ui.pages.dock import CallView, Dock, DockSplitter
from app.ui.pages.mixer import Mixer
from app.ui.pages.side_lists import SideLists
from app.ui.pages.start_card import StartCard
from app.ui.plain_text import shown
from app.ui.talk import Talk
from app.ui.tokens import SPACE_XL
from app.ui.views.events import Events
from app.ui.views.transcript import Transcript
from app.ui.views.trends import Trends
from app.ui.views.waterfall import Waterfall, WaterfallPlace
from app.ui.window_memory import WindowMemory


@dataclass(frozen=True, slots=True)
class _Place:
    """Where somebody was in the views of a call; None where the newest was followed."""

    script: int | None = None
    """The row that was shown first."""
    waterfall: WaterfallPlace = field(default_factory=WaterfallPlace)
    events: tuple[int, int] | None = None


class Stage(QWidget):
    """One call: its bar, its script, its levels and its figures, beside the list of calls.

    It asks for acts and does none itself. A call that is about to be has a card in place of its script.
    """

    call_chosen = Signal(str)
    """The key of a call that shall be in hand."""
    close_pressed = Signal(str)
    """The key of a call that shall be listed no more."""
    new_pressed = Signal()
    flag_pressed = Signal()
    end_pressed = Signal()
    again_pressed = Signal()
    cancel_pressed = Signal()
    text_entered = Signal(str)

    def __init__(self, talk: Talk, audio: AudioDevices) -> None:
        super().__init__()
        self._call = Call()
        self._key = NO_CALL
        self._places: dict[str, _Place] = {}
        """By call, where somebody was in its views."""
        self._talk = talk
        self.bar = CallBar()
        self.side = SideLists()
        self.script = Transcript()
        self.compose = Compose(talk, audio)
        self.start = StartCard()
        self.mixer = Mixer(talk, audio)
        self.waterfall, self.trends, self.events = Waterfall(), Trends(), Events()
        self.dock = Dock(
            [("Waterfall", self.waterfall), ("Trends", self.trends), ("Events", self.events)]
        )
        self._centre = QStackedWidget()
        self.splitter = DockSplitter(self._body(), self.dock)
        page = column(self)
        page.addWidget(self.bar)
        page.addWidget(self.splitter, 1)
        self._views = [
            cast("CallView", view)
            for view in (
                self.bar,
                self.script,
                self.mixer,
                self.waterfall,
                self.trends,
                self.events,
            )
        ]
        self.bar.flag_pressed.connect(self.flag_pressed)
        self.bar.end_pressed.connect(self.end_pressed)
        self.bar.again_pressed.connect(self.again_pressed)
        self.compose.text_entered.connect(self.text_entered)
        self.start.start_requested.connect(self.again_pressed)
        self.start.cancel_requested.connect(self.cancel_pressed)
        self.start.close_requested.connect(self._close_this)
        self.side.calls.chosen.connect(self.call_chosen)
        self.side.calls.close_pressed.connect(self.close_pressed)
        self.side.new_pressed.connect(self.new_pressed)
        talk.changed.connect(self._show_hearer)
        on_key(self, "Ctrl+J").connect(self.splitter.toggle)
        for tab in range(self.dock.tabs.count()):
            on_key(self, f"Ctrl+{tab + 1}").connect(partial(self.show_dock, tab))

    def set_call(self, call: Call, key: str = NO_CALL) -> None:
        """Show another call, as it was left."""
        self._places[self._key] = _Place(
            self.script.table.first_seen, self.waterfall.place, self.events.table.first_seen
        )
        self._call, self._key = call, key
        for view in self._views:
            view.set_call(call)
        place = self._places.pop(key, _Place())
        self.script.table.return_to(place.script)
        self.waterfall.return_to(place.waterfall)
        self.events.table.return_to(place.events)
        self.start.set_call(call)
        self.compose.set_call(call, key)

    def show_calls(self, rows: Sequence[Listed], in_hand: str) -> None:
        """List the calls, and show how far the one in hand is."""
        self.side.show_calls(rows, in_hand)
        listed = {each.key for each in rows}
        self._places = {key: place for key, place in self._places.items() if key in listed}
        self.compose.forget(listed)
        held = next((each.held for each in rows if each.key == in_hand), NOTHING_HELD)
        self.bar.show_held(held)
        self.start.show_held(held)
        begun = held.phase in (*UP, Phase.ENDED)
        self._centre.setCurrentIndex(0 if begun else 1)
        self._show_hearer()

    def note(self, key: str, changes: Changes) -> None:
        """A call of the list has taken facts in."""
        self.side.note(key, changes)

    def apply(self, changes: Changes) -> None:
        for view in self._views:
            view.apply(changes)
        self.start.apply(changes)
        if changes.state:
            self.compose.refresh()

    def tick(self, now: float) -> None:
        for view in self._views:
            view.tick(now)
        self.side.tick(now)

    def show_dock(self, tab: int) -> None:
        """Bring a view of the dock up, opening the dock if it is shut."""
        self.dock.tabs.setCurrentIndex(tab)
        if not self.splitter.is_open:
            self.splitter.toggle()

    def recall(self, memory: WindowMemory) -> None:
        """Bring the dock back as it was left."""
        self.dock.tabs.setCurrentIndex(memory.dock_tab)
        self.splitter.open_to(memory.dock_height)
        if not memory.dock_open:
            self.splitter.shut()

    def remember(self, memory: WindowMemory) -> None:
        memory.dock_tab = self.dock.tabs.currentIndex()
        memory.dock_height = self.splitter.open_height
        memory.dock_open = self.splitter.is_open

    def order_tabs(self) -> None:
        """Let Tab go over the page as one reads it. Once all is in the window."""
        order = [
            self.bar.flag,
            self.bar.end,
            self.bar.again,
            self.side.new,
            self.side.calls,
            self.side.agents,
            self.start.button,
            self.start.close_button,
            self.script.table,
            self.compose.field,
            self.compose.switch,
            self.compose.hold,
            self.mixer.bank,
            self.mixer.mute_agent,
            self.mixer.mute_you,
            self.mixer.devices.microphone,
            self.mixer.devices.speaker,
            self.dock.tabs,
            self.dock.fold,
            self.waterfall,
            self.trends,
            self.events,
        ]
        for before, after in itertools.pairwise(order):
            QWidget.setTabOrder(before, after)

    def _body(self) -> QWidget:
        body = QWidget()
        across = row(body)
        across.addWidget(self.side)
        self._centre.addWidget(self._conversation())
        self._centre.addWidget(self._about_to_be())
        across.addWidget(self._centre, 1)
        across.addWidget(self.mixer)
        return body

    def _conversation(self) -> QWidget:
        page = QWidget()
        lines = column(page)
        lines.addWidget(self.script, 1)
        lines.addWidget(self.compose)
        return page

    def _about_to_be(self) -> QWidget:
        page = QWidget()
        lines = column(page, (SPACE_XL, 0, SPACE_XL, 0))
        lines.addStretch(1)
        lines.addWidget(self.start)
        lines.addStretch(1)
        return page

    @Slot()
    def _close_this(self) -> None:
        self.close_pressed.emit(self._key)

    @Slot()
    def _show_hearer(self) -> None:
        """Where there are several calls, say which of them the operator talks into."""
        several = self.side.calls.item_count() > 1 and self._talk.possible
        self.mixer.show_hearer(shown(self._call.room) if several else "")
        self.side.calls.show_hearer(self._key if several and self._talk.talking else NO_CALL)
