"""The Keys page: what it says of the keyring and of each key, and what can be done with them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from app.domain.back_office import KeyDesk
from app.domain.errors import UserError
from app.domain.keys import FoundKey, KeyCard, KeyPlace, KeyringState, KeyTest, Verdict
from app.domain.providers import PROVIDERS, Provider, provider
from app.ui.dialogs import Dialog
from app.ui.pages.key_dialog import KeyDialog
from app.ui.pages.key_import import ImportDialog
from app.ui.pages.key_tests import AT_ONCE
from app.ui.pages.keys import KeysPage
from app.ui.pages.keys_words import BannerAct
from app.ui.panes import Pane, pane, row
from app.ui.places import Place
from app.ui.rail import Rail
from app.ui.screenshot import render, save_png
from app.ui.tasks import TaskScope
from app.ui.theme import ThemeChoice, theme
from app.ui.toasts import Toast
from app.ui.tokens import Token
from tests.support.desks import KEYRINGS, MemoryKeyDesk, sample_cards, works
from tests.support.hostile import HOSTILE
from tests.support.panel import StillClock, outside_of_tasks, until
from tests.support.sample_call import NOW
from tests.ui.pictures import picture, shows
from tests.ui.test_page_states import cut_off, nameless, painted_share

Loop = asyncio.AbstractEventLoop
SIZES = ((1280, 800), (1920, 1080))
CANARY = "sk-canary-5f2e91c7aa03"


class KeysRig:
    """A Keys page beside its rail in a window, with a desk in memory."""

    def __init__(self, desk: KeyDesk, size: tuple[int, int]) -> None:
        self._desk = desk
        self.clock = StillClock()
        self.failures: list[tuple[str, Exception]] = []
        self.toasts: list[Toast] = []
        self.tasks = TaskScope(self._report)
        self.window = pane(Pane.PAGE)
        self.window.resize(*size)
        self.page = KeysPage(self.tasks, self.clock)
        self.page.told.connect(self.toasts.append)
        rail = Rail()
        rail.add(Place.KEYS.name, Place.KEYS.icon, Place.KEYS.word, at_foot=True)
        across = row(self.window)
        across.addWidget(rail)
        across.addWidget(self.page, 1)

    @property
    def desk(self) -> MemoryKeyDesk:
        assert isinstance(self._desk, MemoryKeyDesk)
        return self._desk

    async def open(self) -> None:
        self.window.show()
        self.window.activateWindow()
        self.page.give_desk(self._desk)
        await self.known()

    async def known(self) -> None:
        """Wait until the page has shown what the desk says."""
        await until(lambda: self.page.banner.act.isVisible())

    async def close(self) -> None:
        await self.tasks.close()
        self.window.close()
        self.window.deleteLater()

    async def settle(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0.01)

    def press(self, button: QAbstractButton) -> None:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    async def key(
        self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        handle = self.window.windowHandle()
        await outside_of_tasks(lambda: QTest.keyClick(handle, key, modifier))

    @property
    def dialog(self) -> Dialog:
        assert self.page.acts.dialog is not None
        return self.page.acts.dialog

    @property
    def asking(self) -> KeyDialog:
        assert isinstance(self.dialog, KeyDialog)
        return self.dialog

    @property
    def importing(self) -> ImportDialog:
        assert isinstance(self.dialog, ImportDialog)
        return self.dialog

    def choose(self, provider_id: str, words: str) -> None:
        """Choose an entry of a card's menu."""
        menu = self.page.card_of(provider_id).menu
        menu.open_menu()
        assert menu.opened is not None
        (action,) = (a for a in menu.opened.actions() if a.text().startswith(words))
        opened = menu.opened
        action.trigger()
        opened.close()

    def entries(self, provider_id: str) -> list[tuple[str, bool]]:
        menu = self.page.card_of(provider_id).menu
        menu.open_menu()
        assert menu.opened is not None
        found = [(a.text(), a.isEnabled()) for a in menu.opened.actions() if a.text()]
        menu.opened.close()
        return found

    def _report(self, doing: str, error: Exception) -> None:
        self.failures.append((doing, error))


Test = Callable[[KeysRig], Awaitable[None]]


def run(loop: Loop, desk: MemoryKeyDesk, test: Test, size: tuple[int, int] = SIZES[0]) -> None:
    """Run a test with an open page, and close that whatever comes."""

    async def with_page() -> None:
        rig = KeysRig(desk, size)
        try:
            await rig.open()
            await test(rig)
        finally:
            await rig.close()

    loop.run_until_complete(with_page())


def full() -> MemoryKeyDesk:
    return MemoryKeyDesk(cards=sample_cards())


def all_texts(window: QWidget) -> Iterator[str]:
    """Every text of a window: on the screen, in tooltips and for a screen reader."""
    for widget in (window, *window.findChildren(QWidget)):
        interface = QAccessible.queryAccessibleInterface(widget)
        yield from (interface.text(QAccessible.Text(kind)) for kind in range(4))
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        elif isinstance(widget, QLineEdit):
            yield widget.displayText()


# The keyring


@pytest.mark.parametrize(
    ("state", "title", "act", "ink"),
    [
        (KeyringState.READY, "GNOME Keyring, unlocked", BannerAct.WHERE, Token.OK),
        (KeyringState.LOCKED, "GNOME Keyring is locked", BannerAct.UNLOCK, Token.WARN),
        (
            KeyringState.NOT_MADE,
            "GNOME Keyring has no keyring for this account yet",
            BannerAct.MAKE,
            Token.WARN,
        ),
        (
            KeyringState.ABSENT,
            "No keyring: keys are kept for this session only",
            BannerAct.WHERE,
            Token.WARN,
        ),
        (KeyringState.HUNG, "GNOME Keyring does not answer", BannerAct.LOOK, Token.BAD),
    ],
)
def test_says_how_the_keyring_stands_and_offers_one_act(
    qt_loop: Loop, state: KeyringState, title: str, act: BannerAct, ink: Token
) -> None:
    async def test(rig: KeysRig) -> None:
        banner = rig.page.banner
        assert (banner.title.text(), banner.act.text()) == (title, act.value)
        assert shows(picture(banner), theme.color(ink), least=4)
        words, _, command = KEYRINGS[state].hint.partition("\n")
        assert words in banner.words.text()
        assert banner.command.text() == command
        assert banner.command.isVisible() is bool(command)

    run(qt_loop, MemoryKeyDesk(state), test)


@pytest.mark.parametrize("state", [KeyringState.LOCKED, KeyringState.NOT_MADE])
def test_unlocks_the_keyring_and_says_so_meanwhile(qt_loop: Loop, state: KeyringState) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.gate.clear()
        rig.press(rig.page.banner.act)
        await until(lambda: "unlock" in rig.desk.asked)
        assert rig.page.banner.title.text() == "The keyring is asking for its password…"
        assert not rig.page.banner.act.isVisible()

        rig.desk.gate.set()

        await until(lambda: rig.page.banner.title.text() == "GNOME Keyring, unlocked")

    run(qt_loop, MemoryKeyDesk(state), test)


def test_an_unlock_that_fails_is_told_and_can_be_tried_again(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.error = UserError("GNOME Keyring is locked.", "The question was dismissed.")

        rig.press(rig.page.banner.act)

        await until(lambda: rig.failures)
        assert rig.failures == [("unlock the keyring", rig.desk.error)]
        await rig.known()
        assert rig.page.banner.act.text() == "Unlock it"

    run(qt_loop, MemoryKeyDesk(KeyringState.LOCKED), test)


def test_a_hung_keyring_is_looked_at_again_and_the_page_stays_alive(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.turn(KeyringState.READY)
        rig.desk.gate.clear()
        rig.press(rig.page.banner.act)
        await rig.settle()
        assert rig.page.banner.title.text() == "Looking at the keyring…"

        rig.press(rig.page.add)
        assert rig.asking.isVisible()
        rig.asking.reject()
        rig.desk.gate.set()

        await until(lambda: rig.page.banner.title.text() == "GNOME Keyring, unlocked")

    run(qt_loop, MemoryKeyDesk(KeyringState.HUNG), test)


def test_a_keyring_that_was_unlocked_elsewhere_is_noticed(
    qt_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.pages.keys.AGAIN_MS", 30)

    async def test(rig: KeysRig) -> None:
        rig.desk.turn(KeyringState.READY)

        await until(lambda: rig.page.banner.title.text() == "GNOME Keyring, unlocked")

    run(qt_loop, MemoryKeyDesk(KeyringState.LOCKED), test)


@pytest.mark.parametrize("state", [KeyringState.READY, KeyringState.ABSENT])
def test_explains_where_keys_are(qt_loop: Loop, state: KeyringState) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.banner.act)

        words = " ".join(each.text() for each in rig.dialog.findChildren(QLabel))
        assert ("greenroom" in words) is (state is KeyringState.READY)
        assert ("gone when Greenroom ends" in words) is (state is KeyringState.ABSENT)
        rig.press(rig.dialog.cancel)
        assert rig.page.acts.dialog is None

    run(qt_loop, MemoryKeyDesk(state), test)


def test_keys_that_cannot_be_read_leave_the_page_with_a_way_on(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        for error, title in (
            (UserError("The disk is full.", "Make room."), "The disk is full."),
            (OSError("strange"), "The keys could not be read."),
        ):
            rig.desk.look_error = error
            rig.page.look()
            await until(lambda title=title: rig.page.banner.title.text() == title)
        rig.desk.look_error = None

        rig.press(rig.page.banner.act)

        await until(lambda: rig.page.banner.title.text() == "GNOME Keyring, unlocked")
        assert len(rig.page.cards.items) == 6

    run(qt_loop, full(), test)


# The cards


def test_a_card_says_all_of_its_key(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        assert rig.page.count.text() == "6 providers · never written to a file"
        assert rig.page.card_of("deepgram").text().splitlines() == [
            "Deepgram: Speech to text, voice",
            "··· 9f2c, kept in the keyring",
            "Used by booking, front desk, survey",
            "Works, 212 ms, 2 min ago",
        ]
        assert "read only" in rig.page.card_of("elevenlabs").text()
        assert "until Greenroom ends" in rig.page.card_of("groq").text()
        assert "yesterday" in rig.page.card_of("anthropic").text()
        assert "Not tested yet" in rig.page.card_of("groq").text()

    run(qt_loop, full(), test)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_has_its_colour_and_its_act(qt_loop: Loop, verdict: Verdict) -> None:
    good, bad = verdict is Verdict.WORKS, verdict in (Verdict.REJECTED, Verdict.WRONG_REGION)
    test_of_it = KeyTest(NOW, verdict, "It went as it went.")
    card = KeyCard(provider("rime"), KeyPlace.KEYRING, "abcd", last_test=test_of_it)

    async def test(rig: KeysRig) -> None:
        view = rig.page.card_of("rime")
        ink = Token.OK if good else Token.BAD if bad else Token.WARN
        assert shows(picture(view), theme.color(ink), least=20)
        assert view.act.text() == ("Replace" if bad else "Test")
        assert view.act.accessibleName() == f"{view.act.text()} the Rime key"

    run(qt_loop, MemoryKeyDesk(cards=[card]), test)


def test_a_rejected_key_of_the_environment_cannot_be_replaced(qt_loop: Loop) -> None:
    rejected = KeyTest(NOW, Verdict.REJECTED, "Rejected.")
    card = KeyCard(
        provider("rime"), KeyPlace.ENVIRONMENT, "abcd", "RIME_API_KEY", last_test=rejected
    )

    async def test(rig: KeysRig) -> None:
        assert rig.page.card_of("rime").act.text() == "Test"
        assert rig.entries("rime") == [
            ("Test", True),
            ("Copy for 30 s", True),
            ("Read only: comes from RIME_API_KEY", False),
        ]

    run(qt_loop, MemoryKeyDesk(cards=[card]), test)


def test_cards_flow_with_the_width_and_are_as_high_as_their_row(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        for width, columns in ((1120, 2), (1280, 3), (1440, 3), (1920, 4)):
            rig.window.resize(width, 800)
            await rig.settle()
            grid = rig.page.cards
            assert grid.columns() == columns
            boxes = [item.geometry() for item in grid.items]
            assert all(grid.rect().contains(box) for box in boxes)
            assert boxes[columns].top() > boxes[0].bottom()
            assert boxes[0].height() == boxes[1].height()

    run(qt_loop, full(), test)


def test_the_search_finds_by_name_service_variable_and_use(qt_loop: Loop) -> None:
    def found(rig: KeysRig) -> tuple[list[str], list[str]]:
        cards = [
            c.card.provider.id
            for c in map(rig.page.card_of, sorted(rig.page.with_key))
            if c.isVisible()
        ]
        tiles = [
            t.provider.id
            for t in map(rig.page.tile_of, sorted(rig.page.without_key))
            if t.isVisible()
        ]
        return cards, tiles

    async def test(rig: KeysRig) -> None:
        for words, cards, tiles in (
            ("DEEP", ["deepgram"], ["deepseek"]),
            ("front desk", ["deepgram"], []),
            ("elevenlabs_api", ["elevenlabs"], []),
            ("GLADIA_API", [], ["gladia"]),
        ):
            rig.page.search.setText(words)
            assert found(rig) == (cards, tiles)
        rig.page.search.setText("<b>nobody</b>")
        assert found(rig) == ([], [])
        assert rig.page.says.text() == "No provider here is called “<b>nobody</b>”."
        rig.page.search.clear()
        assert len(found(rig)[0]) == 6
        assert not rig.page.says.isVisible()

    run(qt_loop, full(), test)


def test_without_keys_it_says_what_to_do(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        assert rig.page.says.text().startswith("No keys yet.")
        assert len(rig.page.tiles.items) == len(PROVIDERS)
        assert not rig.page.test_all.isEnabled()

        rig.press(rig.page.tile_of("gladia"))

        assert rig.asking.provider_id == "gladia"

    run(qt_loop, MemoryKeyDesk(), test)


def test_the_keys_of_a_locked_keyring_are_said_to_come(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        assert rig.page.says.text() == "Keys in GNOME Keyring show up here once it is unlocked."

    run(qt_loop, MemoryKeyDesk(KeyringState.LOCKED), test)


# Tests of keys


def test_tests_one_key_and_shows_that_it_runs(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        card = rig.page.card_of("groq")
        rig.desk.test_gate.clear()
        rig.press(card.act)
        await until(lambda: "test groq" in rig.desk.asked)
        assert card.mark.isVisible()
        assert "Testing…" in card.text()
        assert not card.act.isEnabled()

        rig.desk.test_gate.set()

        await until(lambda: "Works, 150 ms, just now" in card.text())
        assert not card.mark.isVisible()
        assert card.act.isEnabled()

    run(qt_loop, full(), test)


def test_tests_all_a_few_at_a_time_and_can_be_stopped(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.test_gate.clear()
        rig.press(rig.page.test_all)
        await rig.settle()
        tested = [ask for ask in rig.desk.asked if ask.startswith("test")]
        assert len(tested) == AT_ONCE
        assert rig.page.test_all.text() == "Stop (0 of 6)"
        assert "Waiting for its test" in rig.page.card_of("openai").text()

        rig.press(rig.page.test_all)
        assert rig.page.test_all.text() == "Testing, 0 of 4"
        rig.desk.test_gate.set()

        await until(lambda: rig.page.test_all.text() == "Test all")
        assert [ask for ask in rig.desk.asked if ask.startswith("test")] == tested
        assert "Rejected" in rig.page.card_of("openai").text()

    run(qt_loop, full(), test)


def test_a_test_that_fails_is_told_and_the_others_go_on(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.error = UserError("GNOME Keyring does not answer.", "Log in again.")

        rig.press(rig.page.test_all)

        await until(lambda: len(rig.failures) == 6)
        assert ("test the Groq key", rig.desk.error) in rig.failures
        assert rig.page.test_all.text() == "Test all"

    run(qt_loop, full(), test)


# Adding and replacing


def test_adds_a_key_by_keyboard_alone_and_tests_it(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        await rig.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        asking = rig.asking
        assert rig.window.focusWidget() is asking.provider
        asking.provider.choose("mistral")
        await rig.key(Qt.Key.Key_Tab)
        assert rig.window.focusWidget() is asking.key
        QTest.keyClicks(asking.key, f"  {CANARY} ")

        await rig.key(Qt.Key.Key_Return)

        await until(lambda: "test mistral" in rig.desk.asked)
        assert rig.desk.values["mistral"] == CANARY
        assert rig.page.acts.dialog is None
        await until(lambda: "Works, 150 ms" in rig.page.card_of("mistral").text())
        assert "mistral" not in rig.page.without_key

    run(qt_loop, full(), test)


def test_adds_without_a_test_when_that_is_not_wanted(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.tile_of("xai"))
        assert rig.window.focusWidget() is rig.asking.key
        rig.asking.key.setText(CANARY)
        rig.asking.test.setChecked(False)

        rig.press(rig.dialog.act)

        await until(lambda: "xai" in rig.page.with_key)
        await rig.settle()
        assert "test xai" not in rig.desk.asked

    run(qt_loop, full(), test)


@pytest.mark.parametrize("value", ["", "short", "sk-with a space in it", "sk-naïve-12345678"])
def test_what_cannot_be_a_key_is_refused_in_place(qt_loop: Loop, value: str) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.add)
        rig.asking.key.setText(value)

        rig.press(rig.dialog.act)

        assert rig.asking.key_field.error
        assert rig.asking.key.text() == value
        assert not any(ask.startswith("put") for ask in rig.desk.asked)
        rig.asking.key.setText(CANARY)
        assert not rig.asking.key_field.error

    run(qt_loop, full(), test)


def test_a_key_that_cannot_be_stored_is_not_lost(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.tile_of("xai"))
        asking = rig.asking
        asking.key.setText(CANARY)
        rig.desk.gate.clear()
        rig.desk.error = UserError("GNOME Keyring is locked.", "Unlock it, then store the key.")
        rig.press(asking.act)
        await until(lambda: "put xai" in rig.desk.asked)
        assert (asking.act.text(), asking.act.isEnabled()) == ("Storing…", False)

        rig.desk.gate.set()
        await until(lambda: asking.error_title.isVisible())

        assert asking.error_title.text() == "GNOME Keyring is locked."
        assert asking.key.text() == CANARY
        assert rig.failures == []
        rig.desk.error = None
        rig.press(asking.act)
        await until(lambda: rig.desk.values.get("xai") == CANARY)

    run(qt_loop, full(), test)


def test_what_fails_after_its_dialog_was_left_is_told(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.tile_of("xai"))
        rig.asking.key.setText(CANARY)
        rig.desk.gate.clear()
        rig.desk.error = UserError("GNOME Keyring does not answer.", "Log in again.")
        rig.press(rig.dialog.act)
        await until(lambda: "put xai" in rig.desk.asked)

        await rig.key(Qt.Key.Key_Escape)
        rig.desk.gate.set()

        await until(lambda: rig.failures)
        assert rig.failures == [("store the key", rig.desk.error)]

    run(qt_loop, full(), test)


def test_replaces_a_rejected_key(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.card_of("openai").act)
        assert rig.asking.title == "Replace the OpenAI key"
        assert not rig.asking.provider.isVisible()
        rig.asking.key.setText(CANARY)

        rig.press(rig.dialog.act)

        await until(lambda: "Works" in rig.page.card_of("openai").text())
        assert rig.desk.values["openai"] == CANARY
        assert rig.page.card_of("openai").act.text() == "Test"

    run(qt_loop, full(), test)


def test_where_there_is_no_keyring_the_dialog_says_so(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.tile_of("xai"))

        assert "memory until Greenroom ends" in rig.asking.key.accessibleDescription()

    run(qt_loop, MemoryKeyDesk(KeyringState.ABSENT), test)


# Copying and removing


def test_a_copied_key_is_on_the_clipboard_for_half_a_minute(
    qt_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.clipboard.CLEAR_AFTER_S", 0.2)

    async def test(rig: KeysRig) -> None:
        rig.choose("deepgram", "Copy")

        await until(lambda: rig.toasts)
        assert QGuiApplication.clipboard().text() == "canary-9f2c"
        assert rig.toasts[0].title == "The Deepgram key is on the clipboard"
        assert "30 s" in rig.toasts[0].hint
        assert "canary" not in str(rig.toasts)
        await until(lambda: QGuiApplication.clipboard().text() == "")

    run(qt_loop, full(), test)


def test_removing_asks_first_and_says_who_needs_the_key(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.choose("deepgram", "Remove")
        words = " ".join(each.text() for each in rig.dialog.findChildren(QLabel))
        assert "Used by booking, front desk, survey" in words
        assert rig.window.focusWidget() is rig.dialog.cancel
        await rig.key(Qt.Key.Key_Escape)
        assert "remove deepgram" not in rig.desk.asked

        rig.choose("deepgram", "Remove")
        rig.press(rig.dialog.act)

        await until(lambda: "deepgram" in rig.page.without_key)
        assert "deepgram" not in rig.page.with_key
        assert [toast.title for toast in rig.toasts] == ["The Deepgram key is removed"]

    run(qt_loop, full(), test)


def test_a_removal_that_fails_says_so_where_it_was_asked_for(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.error = UserError("GNOME Keyring is locked.", "Unlock it.")
        rig.choose("deepgram", "Remove")

        rig.press(rig.dialog.act)

        await until(lambda: rig.dialog.error_title.isVisible())
        assert rig.dialog.act.isEnabled()
        assert "deepgram" in rig.page.with_key

    run(qt_loop, full(), test)


# Importing

FOUND = (
    FoundKey(provider("google"), "GOOGLE_API_KEY", "a1b2", stored_already=False, replaces=False),
    FoundKey(provider("deepgram"), "DEEPGRAM_API_KEY", "77aa", stored_already=False, replaces=True),
    FoundKey(provider("openai"), "OPENAI_API_KEY", "kQ7A", stored_already=True, replaces=False),
)


def test_imports_only_what_is_ticked(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.found_keys = FOUND
        rig.press(rig.page.take)
        importing = rig.importing
        assert not importing.act.isEnabled()
        importing.path.setText(str(tmp_path / ".env"))
        importing.path.setFocus()

        await rig.key(Qt.Key.Key_Return)

        await until(lambda: importing.rows)
        new, replacing, same = importing.rows
        assert [each.tick.isChecked() for each in importing.rows] == [True, False, False]
        assert not same.tick.isEnabled()
        assert "replaces the stored key" in replacing.tick.accessibleName()
        assert importing.act.text() == "Store 1 key"
        replacing.tick.setChecked(True)
        new.tick.setChecked(False)
        rig.press(importing.act)
        await until(lambda: rig.toasts)
        assert rig.desk.asked[-2] == f"take {tmp_path / '.env'} DEEPGRAM_API_KEY"
        assert "google" not in rig.desk.values
        assert (rig.toasts[0].title, rig.toasts[0].hint) == ("1 key stored", "Deepgram")
        await until(lambda: "77aa" in rig.page.card_of("deepgram").text())

    run(qt_loop, full(), test)


def test_imports_from_the_environment(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.found_keys = FOUND[:1]
        rig.press(rig.page.take)

        rig.importing.source.choose(1)

        await until(lambda: rig.importing.rows)
        assert "found None" in rig.desk.asked
        assert not rig.importing.path.isVisible()

    run(qt_loop, full(), test)


def test_another_path_takes_back_what_the_last_one_showed(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.found_keys = FOUND
        rig.press(rig.page.take)
        rig.importing.take_file("/somewhere/.env")
        await until(lambda: rig.importing.act.isEnabled())

        QTest.keyClicks(rig.importing.path, "x")

        assert rig.importing.rows == []
        assert not rig.importing.act.isEnabled()

    run(qt_loop, full(), test)


def test_of_two_keys_of_one_provider_only_one_can_be_ticked(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        other = replace(FOUND[0], variable="GEMINI_API_KEY", tail="zzzz")
        rig.desk.found_keys = (FOUND[0], other)
        rig.press(rig.page.take)
        rig.importing.take_file("/somewhere/.env")
        await until(lambda: rig.importing.rows)
        first, second = (each.tick for each in rig.importing.rows)
        assert (first.isChecked(), second.isChecked()) == (True, False)

        second.setChecked(True)

        assert (first.isChecked(), second.isChecked()) == (False, True)

    run(qt_loop, full(), test)


def test_a_file_without_keys_or_that_cannot_be_read_says_so(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.take)
        importing = rig.importing
        importing.take_file("/somewhere/.env")
        await until(lambda: "No key of a provider" in importing.says.text())

        rig.desk.error = UserError("/somewhere/.env cannot be read.", "Check its permissions.")
        importing.take_file("/somewhere/.env")

        await until(lambda: importing.error_title.isVisible())
        assert importing.path.text() == "/somewhere/.env"

    run(qt_loop, full(), test)


@pytest.mark.parametrize("fails", [False, True])
def test_an_import_that_was_left_ends_all_the_same(qt_loop: Loop, *, fails: bool) -> None:
    async def test(rig: KeysRig) -> None:
        rig.desk.found_keys = FOUND
        rig.press(rig.page.take)
        rig.importing.take_file("/somewhere/.env")
        await until(lambda: rig.importing.act.isEnabled())
        rig.desk.gate.clear()
        rig.desk.error = UserError("GNOME Keyring is locked.", "Unlock it.") if fails else None
        rig.press(rig.importing.act)
        await until(lambda: rig.desk.asked[-1].startswith("take"))

        rig.importing.reject()
        await rig.settle()
        rig.desk.gate.set()

        await until(lambda: rig.failures if fails else rig.toasts)
        assert [doing for doing, _ in rig.failures] == ["store the imported keys"] * fails

    run(qt_loop, full(), test)


def test_a_look_for_keys_that_was_left_shows_nothing(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.take)
        rig.desk.gate.clear()
        rig.importing.take_file("/somewhere/.env")
        await until(lambda: rig.desk.asked[-1].startswith("found"))

        rig.importing.reject()
        await rig.settle()
        rig.desk.gate.set()
        await rig.settle()

        assert rig.failures == []

    run(qt_loop, full(), test)


# The whole page


def test_tab_goes_over_the_page_as_one_reads_it(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        page = rig.page
        await rig.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        visited: list[QWidget | None] = []
        for _ in range(20):
            visited.append(rig.window.focusWidget())
            await rig.key(Qt.Key.Key_Tab)
        cards = [page.card_of(card.provider.id) for card in sample_cards()]

        assert visited[:5] == [page.search, page.test_all, page.take, page.add, page.banner.act]
        assert visited[5:17] == [part for card in cards for part in (card.menu, card.act)]
        assert visited[17:] == list(page.tiles.items[:3])

    run(qt_loop, full(), test)


def test_no_key_is_in_any_text_of_the_page(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        rig.press(rig.page.tile_of("xai"))
        rig.asking.key.setText(CANARY)
        await rig.settle()
        assert not [text for text in all_texts(rig.window) if CANARY in text]
        assert CANARY not in repr(rig.page.view)

        rig.press(rig.asking.act)
        await until(lambda: "xai" in rig.page.with_key)
        rig.choose("xai", "Copy")
        await until(lambda: rig.toasts)

        assert not [text for text in all_texts(rig.window) if CANARY in text]
        assert CANARY not in repr(rig.page.view) + repr(rig.toasts)

    run(qt_loop, full(), test)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_text_does_no_harm(qt_loop: Loop, text: str) -> None:
    of = Provider("evil", text or "x", text, (text or "X",), text)
    test_of_it = KeyTest(NOW, Verdict.STRANGE, text or "x")
    card = KeyCard(of, KeyPlace.KEYRING, text[-4:], "", (text, text), test_of_it)
    desk = MemoryKeyDesk(cards=[card])
    desk.providers = (replace(of, id="worse"),)
    desk.keyring = replace(desk.keyring, name=text)

    async def test(rig: KeysRig) -> None:
        rig.choose("evil", "Remove")
        await rig.settle()
        assert list(cut_off(rig.window)) == []
        assert all(
            each.textFormat() is Qt.TextFormat.PlainText for each in rig.window.findChildren(QLabel)
        )
        tips = [w.toolTip() for w in rig.window.findChildren(QWidget)]
        assert not [tip for tip in tips if "<b>" in tip or "<img" in tip or "<a " in tip]

    run(qt_loop, desk, test)


def many() -> MemoryKeyDesk:
    """A key of every provider, with the longest words they can have."""
    long = (
        "Rate limited: the provider asks to wait a while. The key is probably right; test it again then. "
        * 2
    )
    tests = (works(NOW - 100, 212), None, KeyTest(NOW - 4000, Verdict.RATE_LIMITED, long))
    users = ("a preset with a name that goes on and on", "another")
    return MemoryKeyDesk(
        cards=[
            KeyCard(of, KeyPlace.KEYRING, "9f2c", "", users[: index % 3], tests[index % 3])
            for index, of in enumerate(PROVIDERS)
        ]
    )


def test_a_test_that_ends_builds_nothing_anew(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        before = [rig.page.card_of(of.id) for of in PROVIDERS]
        tiles = rig.page.tiles.items

        rig.press(rig.page.test_all)
        await until(lambda: rig.page.test_all.text() == "Test all")
        await rig.settle()

        assert [rig.page.card_of(of.id) for of in PROVIDERS] == before
        assert rig.page.tiles.items == tiles

    run(qt_loop, many(), test)


def scrolled_out(line: str) -> bool:
    """Whether only the window's edge cuts something off: what is there can be scrolled to."""
    return "reaches to" in line


State = Callable[[KeysRig], Awaitable[None]]


async def as_it_is(rig: KeysRig) -> None: ...


async def under_test(rig: KeysRig) -> None:
    rig.desk.test_gate.clear()
    rig.press(rig.page.test_all)


async def adding(rig: KeysRig) -> None:
    rig.press(rig.page.add)
    rig.asking.key.setText(CANARY)
    rig.asking.show_error("GNOME Keyring is locked.", "Unlock it, then store the key again.")


async def importing(rig: KeysRig) -> None:
    rig.desk.found_keys = tuple(
        FoundKey(of, of.variables[0], "9f2c", stored_already=False, replaces=bool(index % 2))
        for index, of in enumerate(PROVIDERS)
    )
    rig.press(rig.page.take)
    rig.importing.take_file("/home/someone/a/bot/.env")
    await until(lambda: rig.importing.rows)


async def removing(rig: KeysRig) -> None:
    rig.choose("deepgram", "Remove")


async def explaining(rig: KeysRig) -> None:
    rig.page.acts.show_where()


STATES: dict[str, tuple[Callable[[], MemoryKeyDesk], State]] = {
    "full": (full, as_it_is),
    "empty": (MemoryKeyDesk, as_it_is),
    **{
        state.name.lower(): ((lambda state=state: MemoryKeyDesk(state)), as_it_is)
        for state in KeyringState
        if state is not KeyringState.READY
    },
    "many": (many, as_it_is),
    "testing": (full, under_test),
    "adding": (full, adding),
    "importing": (full, importing),
    "removing": (full, removing),
    "explaining": (full, explaining),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", STATES)
def test_a_state_is_whole_named_and_painted(
    qt_loop: Loop, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    desk, state = STATES[name]

    async def test(rig: KeysRig) -> None:
        await state(rig)
        await rig.settle()
        dark = picture(rig.window)
        save_png(render(rig.window, 1), tmp_path / f"{name}-dark.png")
        theme.apply(ThemeChoice.LIGHT)
        QApplication.processEvents()
        light = picture(rig.window)
        save_png(render(rig.window, 1), tmp_path / f"{name}-light.png")

        assert list(nameless(rig.window)) == []
        assert [line for line in cut_off(rig.window) if not scrolled_out(line)] == []
        assert painted_share(dark, light) > 0.9

    run(qt_loop, desk(), test, size)


def test_says_that_it_looks_until_the_desk_answers(qt_loop: Loop) -> None:
    async def without_answer() -> None:
        desk = full()
        desk.gate.clear()
        rig = KeysRig(desk, SIZES[0])
        try:
            rig.window.show()
            assert rig.page.banner.title.text() == "Looking at the keyring…"
            assert not rig.page.add.isEnabled()
            rig.page.give_desk(desk)
            await until(lambda: desk.asked == ["look"])
            assert rig.page.banner.mark.isVisible()
            desk.gate.set()
            await rig.known()
            assert rig.page.add.isEnabled()
        finally:
            await rig.close()

    qt_loop.run_until_complete(without_answer())


def test_coming_back_to_the_page_looks_again(qt_loop: Loop) -> None:
    async def test(rig: KeysRig) -> None:
        await rig.desk.put("xai", CANARY)
        rig.page.hide()
        rig.page.show()

        await until(lambda: "xai" in rig.page.with_key)

    run(qt_loop, full(), test)
