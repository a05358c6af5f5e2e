"""The Stage: the call in hand."""

import itertools
from functools import partial
from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.domain.call import Call, Changes
from app.ui.audio.devices import AudioDevices
from app.ui.controls import column, row
from app.ui.keys import on_key
from app.ui.pages.call_bar import CallBar
from app.ui.pages.compose import Compose
from app.ui.pages.dock import CallView, Dock, DockSplitter
from app.ui.pages.mixer import Mixer
from app.ui.pages.side_lists import SideLists
from app.ui.talk import Talk
from app.ui.views.events import Events
from app.ui.views.transcript import Transcript
from app.ui.views.trends import Trends
from app.ui.views.waterfall import Waterfall
from app.ui.window_memory import WindowMemory


class Stage(QWidget):
    """One call: its bar, its script, its levels and its figures. It asks for acts and does none itself."""

    flag_pressed = Signal()
    end_pressed = Signal()
    again_pressed = Signal()
    text_entered = Signal(str)

    def __init__(self, talk: Talk, audio: AudioDevices) -> None:
        super().__init__()
        self._call = Call()
        self.bar = CallBar()
        self.side = SideLists()
        self.script = Transcript()
        self.compose = Compose(talk, audio)
        self.mixer = Mixer(talk, audio)
        self.waterfall, self.trends, self.events = Waterfall(), Trends(), Events()
        self.dock = Dock(
            [("Waterfall", self.waterfall), ("Trends", self.trends), ("Events", self.events)]
        )
        self.splitter = DockSplitter(self._body(), self.dock)
        page = column(self)
        page.addWidget(self.bar)
        page.addWidget(self.splitter, 1)
        self._views = [
            cast("CallView", view)
            for view in (
                self.bar,
                self.side,
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
        on_key(self, "Ctrl+J").connect(self.splitter.toggle)
        for tab in range(self.dock.tabs.count()):
            on_key(self, f"Ctrl+{tab + 1}").connect(partial(self.show_dock, tab))

    def set_call(self, call: Call) -> None:
        self._call = call
        for view in self._views:
            view.set_call(call)
        self.compose.set_call(call)

    def apply(self, changes: Changes) -> None:
        for view in self._views:
            view.apply(changes)
        if changes.state:
            self.compose.refresh()

    def tick(self, now: float) -> None:
        for view in self._views:
            view.tick(now)

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
            self.side.calls,
            self.side.agents,
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
        centre = column()
        centre.addWidget(self.script, 1)
        centre.addWidget(self.compose)
        across.addLayout(centre, 1)
        across.addWidget(self.mixer)
        return body
