"""The Keys page: what it says of the keyring and of each key, and how keys are tested."""

import pytest
from PySide6.QtWidgets import QLabel

from app.domain.errors import UserError
from app.domain.keys import KeyCard, KeyPlace, KeyringState, KeyTest, Verdict
from app.domain.providers import PROVIDERS, provider
from app.ui.pages.key_tests import AT_ONCE
from app.ui.pages.keys_words import BannerAct
from app.ui.theme import theme
from app.ui.tokens import Token
from tests.support.desks import KEYRINGS, MemoryKeyDesk
from tests.support.keys_rig import KeysRig, Loop, full, run
from tests.support.panel import until
from tests.support.sample_call import NOW
from tests.ui.pictures import picture, shows

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
