"""What the page Settings does: servers, their connection tests, the dialogs over them, and the theme."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.domain.servers import (
    THIS_COMPUTER,
    StepState,
    TestStep,
)
from app.domain.step_outcome import DeviceTest
from app.ui.labels import Tone
from app.ui.pages.server_detail import CANCEL_FACE, CANCELLING_FACE, TEST_FACE
from app.ui.pages.server_words import NO_KEY, expiry_words, step_words
from app.ui.plain_text import plain_tip
from app.ui.theme import ThemeChoice, theme
from tests.support.panel import until
from tests.support.sample_call import NOW
from tests.support.server_desk import (
    DEMO,
    LOCAL,
    PRODUCTION,
    REPORT,
    STAGING,
    STEPS,
    TOKEN,
    MemoryServerDesk,
)
from tests.support.settings_page import (
    DOWN,
    Loop,
    Rig,
    adding,
    after_test,
    amid_test,
    appearance,
    ended,
    failed_to_test,
    finish_test,
    inspector,
    joining_in_vain,
    read_token,
    reading_a_dead_token,
    reading_a_token_of_elsewhere,
    reading_no_token,
    run,
)

# Servers


def test_a_server_is_told_in_words(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await rig.open()
        rows = rig.servers.list
        detail = rig.servers.detail

        assert rows.item_text(0) == (
            "This computer, started by Greenroom on this computer, new in each run, 127.0.0.1 only, "
            "livekit-server 1.13.5, 127.0.0.1 only"
        )
        assert rows.item_text(1).endswith("10 rooms, chosen")
        assert "connection refused" in rows.item_text(2)
        assert "not looked at yet" in rows.item_text(3)
        assert detail.chip.text() == "closing and removing here ask first"
        assert (detail.address.text(), detail.key.text()) == ("wss://eu.example.org", "API7 ··· Xp")

        rows.choose(DEMO.profile.name)
        assert detail.key.text() == NO_KEY
        rows.choose(STAGING.profile.name)
        assert detail.address.text() == "ws://10.0.0.7:7880, not encrypted"
        rows.choose(THIS_COMPUTER)
        assert not detail.chip.isVisible()
        assert not detail.edit.isVisible()

    run(qt_loop, tmp_path, test)


def test_servers_are_chosen_with_the_keyboard(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await rig.open(THIS_COMPUTER)
        rig.servers.list.setFocus(Qt.FocusReason.TabFocusReason)

        await rig.press(Qt.Key.Key_Down)
        await rig.press(Qt.Key.Key_Down)
        await rig.press(Qt.Key.Key_Return)

        assert rig.servers.detail.title.text() == "Staging"

    run(qt_loop, tmp_path, test)


def test_tab_goes_over_the_page_as_one_reads_it(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await rig.open()
        await finish_test(rig, PRODUCTION.profile.name)
        servers = rig.servers
        rig.page.sections.setFocus(Qt.FocusReason.TabFocusReason)

        visited: list[QWidget | None] = []
        for _ in range(9):
            visited.append(rig.focus())
            await rig.press(Qt.Key.Key_Tab)

        detail = servers.detail
        assert visited == [
            rig.page.sections, servers.list, servers.add, servers.fetch,
            detail.token, detail.edit, detail.test, detail.copy, detail.steps,
        ]  # fmt: skip

    run(qt_loop, tmp_path, test)


def test_what_changes_is_seen_while_the_page_is(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await rig.open()
        rig.servers.looking.setInterval(10)

        gone = replace(PRODUCTION, reachable=False, state="No answer for 4 s")
        rig.desk.views[1] = gone
        await until(lambda: rig.servers.detail.state.text() == "No answer for 4 s")

        rig.desk.errors["look"] = DOWN
        await until(lambda: rig.servers.trouble.isVisible())
        assert "The keyring does not answer." in rig.servers.trouble.text()
        assert rig.servers.list.item_count() == 4

        del rig.desk.errors["look"]
        rig.servers.again.click()
        await until(lambda: not rig.servers.trouble.isVisible())

        rig.page.show_section(1)
        assert not rig.servers.looking.isActive()

    run(qt_loop, tmp_path, test)


# The connection test


def test_the_steps_come_one_by_one(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await rig.open()
        detail = rig.servers.detail
        rig.desk.step_gate = asyncio.Semaphore(0)
        detail.test.click()
        await until(lambda: detail.steps.item_text(0).startswith("1. Address, running"))

        for number in range(1, 15):
            rig.desk.step_gate.release()
            await until(lambda number=number: detail.progress_words.text() == f"{number} of 14")
            assert detail.progress.share == number / 14

        await until(lambda: detail.test.text() == TEST_FACE)
        assert detail.outcome.text() == "1 failed, 1 to watch"
        assert detail.steps.item_text(7) == (
            "8. Media over UDP, failed, no answer on port 7882. A firewall blocks UDP: open 7882/udp on the "
            "server, or use TURN., 5.0 s"
        )
        assert rig.servers.list.item_text(1).count("connection test: 1 failed") == 1

    run(qt_loop, tmp_path, test)


def test_a_test_is_cancelled_between_steps(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await amid_test(rig)
        detail = rig.servers.detail
        assert detail.test.text() == CANCEL_FACE

        detail.test.click()
        assert detail.test.text() == CANCELLING_FACE
        await until(lambda: detail.test.text() == TEST_FACE)

        assert ended(rig) == 9
        assert detail.progress_words.text() == "9 of 14"
        assert "waits" in detail.steps.item_text(9)
        assert "Result: 1 failed, 1 to watch" in detail.report()
        assert rig.reported == []

        await finish_test(rig, PRODUCTION.profile.name)
        assert rig.desk.asked.count("test Production EU") == 2

    run(qt_loop, tmp_path, test)


def test_each_server_keeps_its_own_test(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await amid_test(rig)
        detail = rig.servers.detail

        rig.servers.list.choose(DEMO.profile.name)
        assert detail.test.text() == TEST_FACE
        assert detail.progress_words.text() == "not tested yet"
        assert not detail.steps.isVisible()

        rig.servers.list.choose(PRODUCTION.profile.name)
        assert detail.test.text() == CANCEL_FACE
        assert detail.progress_words.text() == "9 of 14"

    run(qt_loop, tmp_path, test)


def test_a_test_that_cannot_be_made_says_why(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await failed_to_test(rig)
        detail = rig.servers.detail

        assert detail.outcome.text() == "could not be made"
        assert detail.error_title.text() == DOWN.title
        assert detail.error_hint.text() == DOWN.hint
        assert rig.reported == []

    run(qt_loop, tmp_path, test)


def test_the_report_is_copied_without_key_or_token(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await after_test(rig)
        rig.servers.detail.copy.click()
        report = QGuiApplication.clipboard().text()

        assert report.startswith(
            "Connection test of “Production EU”\nwss://eu.example.org, self-hosted\n"
        )
        assert "Result: 1 failed, 1 to watch" in report
        assert all(step.label in report and step.remedy in report for step in STEPS)
        assert "API7" not in report
        assert rig.servers.detail.copy.text() == "Copied"

    run(qt_loop, tmp_path, test)


def test_what_comes_after_a_test_was_cancelled_changes_nothing(
    qt_loop: Loop, tmp_path: Path
) -> None:
    told: list[Callable[[TestStep], None]] = []

    class LateDesk(MemoryServerDesk):
        async def test(
            self, name: str, on_step: Callable[[TestStep], None], devices: DeviceTest | None = None
        ) -> tuple[TestStep, ...]:
            told.append(on_step)
            return await super().test(name, on_step, devices)

    async def test(rig: Rig) -> None:
        await amid_test(rig)
        rig.servers.detail.test.click()
        await until(lambda: rig.servers.detail.test.text() == TEST_FACE)

        told[0](TestStep(10, "Relay (TURN)", StepState.RUNNING))

        assert "waits" in rig.servers.detail.steps.item_text(9)

    run(qt_loop, tmp_path, test, LateDesk(LOCAL, PRODUCTION, STAGING, DEMO))


def test_the_devices_in_use_are_the_last_step(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        rig.desk.steps = STEPS[:-1]
        rig.desk.tries_devices = True
        rig.audio.plug([], [])
        await after_test(rig)

        words = rig.servers.detail.steps.item_text(13)
        assert words.startswith(
            "14. Microphone and speaker, failed, there is no microphone; there is no speaker"
        )

    run(qt_loop, tmp_path, test)


def test_the_page_goes_while_a_test_runs(qt_loop: Loop, tmp_path: Path) -> None:
    run(qt_loop, tmp_path, amid_test)


# Tokens


def test_a_token_is_read_and_forgotten(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await rig.open()
        await read_token(rig)
        dialog = inspector(rig)
        assert dialog.facts["Identity"].text() == "guest-4f2a"
        assert dialog.can.text().splitlines() == list(REPORT.can)
        assert dialog.cannot.text().splitlines() == list(REPORT.cannot)
        assert not dialog.claims.isVisible()
        dialog.more.click()
        assert dialog.claims.toPlainText() == REPORT.claims

        dialog.reject()

        assert dialog.token.text() == ""
        assert dialog.claims.toPlainText() == ""

    run(qt_loop, tmp_path, test)


def test_a_token_that_is_none_says_so(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await reading_no_token(rig)

        assert inspector(rig).field.error == "This is no token. A token has three parts."
        assert not inspector(rig).result.isVisible()

    run(qt_loop, tmp_path, test)


def test_one_joins_with_a_token_that_was_read(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await rig.open()
        rig.servers.detail.token.click()
        dialog = inspector(rig)
        assert not dialog.act.isEnabled()
        assert dialog.act.toolTip() == plain_tip("Paste a token first")
        dialog.token.setText(TOKEN)
        assert not dialog.act.isEnabled(), "it has not been read yet"
        await until(lambda: dialog.act.isEnabled())
        assert not dialog.place.isVisible(), "the server is known"
        assert dialog.joining.text() == (
            "You join on Production EU as guest-4f2a and speak and listen. "
            "Whoever is in the room under that identity is put out."
        )

        await rig.press(Qt.Key.Key_Return)
        await until(lambda: rig.staged)

        assert rig.servers.dialog is None
        (plan,) = rig.staged
        assert plan.by_token is not None
        assert plan.by_token.token == TOKEN
        assert TOKEN not in repr(plan)

    run(qt_loop, tmp_path, test)


def test_a_token_of_an_unknown_server_asks_where_it_is_for(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await reading_a_token_of_elsewhere(rig)
        dialog = inspector(rig)
        assert dialog.clear_is_meant.isVisible()
        assert not dialog.act.isEnabled()
        assert dialog.act.toolTip() == plain_tip("Confirm first that it goes without encryption")

        dialog.url.clear()
        assert dialog.act.toolTip() == plain_tip("Say first which server it is for")
        assert not dialog.clear_is_meant.isVisible()
        dialog.url.setText("ws://10.0.0.9:7880")
        dialog.clear_is_meant.setChecked(True)
        assert dialog.act.isEnabled()
        dialog.press_act()
        await until(lambda: rig.staged)

        assert "join_plan ws://10.0.0.9:7880 in the clear" in rig.desk.asked

    run(qt_loop, tmp_path, test)


def test_a_token_that_lets_nobody_in_says_so_and_offers_nothing(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: Rig) -> None:
        await reading_a_dead_token(rig)
        dialog = inspector(rig)

        words = "You cannot join with it. This token has expired. Ask for a new one."
        assert dialog.joining.text() == words
        assert dialog.act.toolTip() == plain_tip(words)
        assert not dialog.act.isEnabled()
        assert not dialog.place.isVisible()

    run(qt_loop, tmp_path, test)


def test_a_call_on_the_stage_is_not_put_out_by_a_token(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        await joining_in_vain(rig)

        assert inspector(rig).error_title.text() == "There is a call on the Stage."
        assert inspector(rig).token.text() == TOKEN, "it can be tried again"
        assert inspector(rig).act.isEnabled()

    run(qt_loop, tmp_path, test)


def test_who_closes_the_inspector_does_not_join(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: Rig) -> None:
        gate = rig.desk.gates["join_plan"] = asyncio.Event()
        await rig.open()
        await read_token(rig)
        inspector(rig).press_act()
        await until(lambda: "join_plan" in rig.desk.asked)

        inspector(rig).reject()
        gate.set()
        await rig.settle()

        assert rig.staged == []

    run(qt_loop, tmp_path, test)


@pytest.mark.parametrize(
    ("expires_at", "expired", "words", "tone"),
    [
        (NOW + 540, False, "in 9 min", Tone.OK),
        (NOW + 30, False, "in 30 s", Tone.OK),
        (NOW + 21_600, False, "in 6 h", Tone.WARN),
        (NOW - 180, True, "expired 3 min ago", Tone.BAD),
        (None, False, "never: anyone who has it can join for ever", Tone.WARN),
    ],
)
def test_when_a_token_ends(expires_at: float | None, expired: bool, words: str, tone: Tone) -> None:
    report = replace(REPORT, expires_at=expires_at, expired=expired)

    assert expiry_words(report, NOW) == (words, tone)


def test_no_secret_is_in_what_a_screen_reader_or_a_picture_shows(
    qt_loop: Loop, tmp_path: Path
) -> None:
    canary = "canary-secret-of-the-tests-0123456789"

    async def test(rig: Rig) -> None:
        await adding(rig)
        rig.editor().secret.setText(canary)
        said = [
            f"{widget.accessibleName()} {widget.accessibleDescription()} {widget.toolTip()}"
            for widget in rig.window.findChildren(QWidget)
        ]
        forms = (canary, base64.b64encode(canary.encode()).decode())
        assert not [text for text in said for form in forms if form in text]
        assert rig.editor().secret.displayText() != canary
        assert canary not in repr(rig.editor().entered())

    run(qt_loop, tmp_path, test)


# Appearance


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.SYSTEM, ThemeChoice.DARK])
def test_the_theme_is_chosen_and_remembered(
    qt_loop: Loop, tmp_path: Path, choice: ThemeChoice
) -> None:
    async def test(rig: Rig) -> None:
        await appearance(rig)
        cards = rig.page.appearance.cards
        place = [ThemeChoice.DARK, ThemeChoice.LIGHT, ThemeChoice.SYSTEM].index(choice)
        cards.setFocus(Qt.FocusReason.TabFocusReason)
        for _ in range(place):
            await rig.press(Qt.Key.Key_Right)
        await rig.press(Qt.Key.Key_Space)

        assert theme.choice is choice
        assert rig.memory.theme is choice
        assert [cards.item_text(index).endswith("chosen") for index in range(3)].index(
            True
        ) == place

    run(qt_loop, tmp_path, test)


def test_a_step_is_told_in_one_line() -> None:
    step = TestStep(3, "LiveKit answers", StepState.OK, "1.13.5, ready", took_ms=12.4)

    assert step_words(step) == "3. LiveKit answers, OK, 1.13.5, ready, 12 ms"
