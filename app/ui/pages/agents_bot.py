"""One bot file: what it is, where it runs, how it greets, and what would fail."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.domain.agent_desk import AgentView
from app.domain.bot_files import BotFile, BotLook, Isolation, Trouble
from app.domain.errors import UserError
from app.ui.controls import (
    Button,
    Chip,
    ElidedLabel,
    Kind,
    MenuButton,
    MenuEntry,
    Pane,
    Role,
    Segmented,
    Tone,
    column,
    label,
    pane,
    row,
)
from app.ui.pages.agents_bot_live import BotLive
from app.ui.pages.agents_extras import Installs
from app.ui.pages.agents_form import GAP
from app.ui.pages.agents_numbers import NumberChip, Range, SwitchRow
from app.ui.pages.agents_preset import TEST, AgentHead, page_scroll
from app.ui.pages.agents_troubles import TroubleList
from app.ui.pages.agents_words import A_PROGRAM, ISOLATION_HINTS, ISOLATION_WORDS, short_path
from app.ui.plain_text import breakable, shown, shown_lines
from app.ui.tokens import SPACE_M, SPACE_S, SPACE_XL, Token

_WAYS = (Isolation.AUTOMATIC, Isolation.IN_PROCESS, Isolation.ISOLATED)
_GREETS = Range(0, 60, 0.5, "s")
CHANGED = "This file has changed since you agreed to run it. Read it, then agree again."
UNREAD = "Nobody has agreed to run this file yet."
NO_ENV = "none: it reads no .env file"
OWN_PYTHON = "Greenroom’s own"


class BotFacts(QWidget):
    """What a bot file was found to be without running it."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_M)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self.path, self.env = ElidedLabel(role=Role.CLOCK), ElidedLabel(role=Role.CLOCK)
        self.python, self.content = ElidedLabel(role=Role.CLOCK), ElidedLabel(role=Role.CLOCK)
        pairs = (
            ("File", self.path),
            (".env that it reads", self.env),
            ("Python", self.python),
            ("Content (SHA-256)", self.content),
        )
        for line, (caption, value) in enumerate(pairs):
            grid.addWidget(label(caption, Role.TERTIARY), line, 0)
            grid.addWidget(value, line, 1)

    def show_look(self, look: BotLook) -> None:
        """Show what was found."""
        self.path.set_text(short_path(look.path))
        self.env.set_text(short_path(look.env_file) if look.env_file is not None else NO_ENV)
        self.python.set_text(short_path(look.python) if look.python is not None else OWN_PYTHON)
        self.content.set_text(look.sha256)

    def show_file(self, bot: BotFile) -> None:
        """Show what is known before it was looked at."""
        self.path.set_text(short_path(bot.path))
        for value in (self.env, self.python):
            value.set_text("looking…")
        self.content.set_text(bot.sha256 or "not agreed to")


class BotView(QWidget):
    """Shows a bot file. What is pressed it only tells. UI thread only."""

    test_pressed = Signal()
    consent_pressed = Signal()
    key_wanted = Signal(str)
    remove_pressed = Signal()
    set_wanted = Signal(object, object)
    """Where it runs, and after how many seconds a greeting is set off; None leaves it waiting."""

    def __init__(self, installs: Installs, live: BotLive) -> None:
        super().__init__()
        self.live = live
        self._bot: BotFile | None = None
        self._look: BotLook | None = None
        self._busy = ""
        self.title = ElidedLabel(role=Role.HEADING)
        self.file = Chip()
        self.test = Button(TEST, icon="play", kind=Kind.PRIMARY)
        self.menu = MenuButton("More for this bot", self._entries_of_menu)
        self.says = label("", Role.SECONDARY, wrap=True)
        self.consent = Button("Read and agree…", icon="lock")
        self._consent = QWidget()
        self.troubles = TroubleList(installs)
        self.error = label("", Role.SECONDARY, wrap=True)
        self.error.set_ink(Token.BAD)
        self.facts = BotFacts()
        self.way = Segmented("Where it runs", [ISOLATION_WORDS[way] for way in _WAYS])
        self.way_hint = label("", Role.HINT, wrap=True)
        self.greets = SwitchRow(
            "Let it greet without a browser",
            "Bots often wait for an RTVI client to say that it is ready. Greenroom says so in its place.",
        )
        self.after = NumberChip("It greets after", "After", _GREETS, "in the room")
        self._lay_out()
        self._connect()

    def show_agent(self, view: AgentView, bot: BotFile) -> None:
        """Show a bot file from now on."""
        if self._bot is None or self._bot.id != bot.id:
            self._look = None
            self.troubles.show_troubles(())
            self.show_error(None)
        self._bot = bot
        self.live.show_agent(bot.id)
        self.title.set_text(view.name)
        self.file.show_as(short_path(bot.path), Tone.NEUTRAL)
        self.way.blockSignals(True)
        self.way.choose(_WAYS.index(bot.isolation))
        self.way.blockSignals(False)
        self.greets.show_on(on=bot.greets_after_s is not None)
        self.after.show_value(bot.greets_after_s if bot.greets_after_s is not None else 1.0)
        self.after.setVisible(bot.greets_after_s is not None)
        if self._look is None:
            self.facts.show_file(bot)
        self._show_state()

    def show_look(self, look: BotLook) -> None:
        """Show what the file was found to be."""
        self._look = look
        self.facts.show_look(look)
        self.show_error(None)
        self._show_state()

    def show_error(self, error: UserError | None) -> None:
        """Say why the file could not be looked at."""
        words = f"{error.title}\n{error.hint}".strip() if error is not None else ""
        self.error.setText(breakable(shown_lines(words, 600)))
        self.error.setVisible(error is not None)

    def show_troubles(self, troubles: Sequence[Trouble]) -> None:
        """What would fail if it were started now."""
        self.troubles.show_troubles(troubles)

    def show_busy(self, words: str) -> None:
        """Say on the button that something is being done; empty once it is."""
        self._busy = words
        self._show_state()

    @property
    def look(self) -> BotLook | None:
        """What the file was last found to be."""
        return self._look

    @property
    def agreed(self) -> bool:
        """Whether somebody has agreed to run what the file holds now, as far as is known."""
        if self._bot is None or not self._bot.sha256:
            return False
        return self._look is None or self._look.sha256 == self._bot.sha256

    def _show_state(self) -> None:
        if self._bot is None:
            return
        self._consent.setVisible(not self.agreed)
        self.says.setText(CHANGED if self._bot.sha256 else UNREAD)
        self.test.set_face(self._busy or TEST, icon="play", kind=Kind.PRIMARY)
        self.test.setEnabled(not self._busy)
        way = self._bot.isolation
        words = ISOLATION_HINTS[way]
        if way is Isolation.AUTOMATIC and self._look is not None:
            now = "a process of its own" if self._look.python is not None else "Greenroom"
            words = f"{words} This one runs in {now}."
        self.way_hint.setText(shown(words, 300))

    # What is pressed

    @Slot(int)
    def _choose_way(self, index: int) -> None:
        if self._bot is not None:
            self.set_wanted.emit(_WAYS[index], self._bot.greets_after_s)

    @Slot(bool)
    def _switch_greeting(self, on: bool) -> None:
        if self._bot is not None:
            self.set_wanted.emit(self._bot.isolation, 1.0 if on else None)

    @Slot(object)
    def _set_after(self, seconds: float) -> None:
        if self._bot is not None:
            self.set_wanted.emit(self._bot.isolation, seconds)

    def _entries_of_menu(self) -> list[MenuEntry]:
        return [MenuEntry("Forget this bot…", self.remove_pressed.emit)]

    def _connect(self) -> None:
        self.test.clicked.connect(self.test_pressed)
        self.consent.clicked.connect(self.consent_pressed)
        self.troubles.key_wanted.connect(self.key_wanted)
        self.way.chosen.connect(self._choose_way)
        self.greets.toggled.connect(self._switch_greeting)
        self.after.entered.connect(self._set_after)

    # Parts

    def _lay_out(self) -> None:
        self.test.setToolTip("Open a call with it on the Stage, you as the caller (Ctrl+Return)")
        self.consent.setToolTip("See what it is, and agree to run what it holds now")
        self.way.setToolTip("On a thread of Greenroom, or in a process of its own")
        body = pane(Pane.PAGE)
        body.setMaximumWidth(900)
        lines = column(body, (SPACE_XL, 6, SPACE_XL, SPACE_XL), GAP)
        self._fill_consent()
        for part in (self.live, self._consent, self.error, self.troubles):
            lines.addWidget(part)
        lines.addWidget(_part("What it is", self.facts))
        where = QWidget()
        inner = column(where, gap=6)
        inner.addWidget(self.way, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addWidget(self.way_hint)
        lines.addWidget(_part("Where it runs", where))
        greeting = QWidget()
        inner = column(greeting, gap=SPACE_S)
        inner.addWidget(self.greets)
        inner.addWidget(self.after, 0, Qt.AlignmentFlag.AlignLeft)
        lines.addWidget(_part("Greeting", greeting))
        lines.addWidget(label(A_PROGRAM, Role.TERTIARY, wrap=True))
        lines.addStretch(1)
        whole = column(self)
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        whole.addWidget(AgentHead(self.title, self.file, (self.test, self.menu)))
        whole.addWidget(page_scroll(body), 1)

    def _fill_consent(self) -> None:
        ground = pane(Pane.CARD)
        across = row(ground, (SPACE_M, SPACE_S + 2, SPACE_M, SPACE_S + 2), SPACE_M)
        across.addWidget(self.says, 1)
        across.addWidget(self.consent)
        row(self._consent).addWidget(ground)


def _part(title: str, content: QWidget) -> QWidget:
    part = QWidget()
    lines = column(part, gap=SPACE_S)
    lines.addWidget(label(title, Role.NAME))
    lines.addWidget(content)
    return part
