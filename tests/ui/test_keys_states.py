"""The Keys page as a whole: in every state, by keyboard, with foreign text and with many keys."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.domain.keys import FoundKey, KeyCard, KeyPlace, KeyringState, KeyTest, Verdict
from app.domain.providers import PROVIDERS, Provider
from app.ui.screenshot import render, save_png
from app.ui.theme import ThemeChoice, theme
from tests.support.desks import MemoryKeyDesk, sample_cards, works
from tests.support.hostile import HOSTILE
from tests.support.keys_rig import CANARY, SIZES, KeysRig, Loop, all_texts, full, run
from tests.support.panel import until
from tests.support.sample_call import NOW
from tests.ui.pictures import picture
from tests.ui.test_page_states import cut_off, nameless, painted_share

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
