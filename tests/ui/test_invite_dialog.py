"""The link into a room: shown short, copied for half a minute, revoked, and replaced for the network."""

import asyncio
from urllib.parse import unquote

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from app.domain.errors import UserError
from app.domain.rooms import MEET_WARNING
from app.ui.clipboard import CLEAR_AFTER_S
from app.ui.labels import Label
from app.ui.pages.invite_dialog import InviteDialog, short
from app.ui.pages.qr_code import QUIET, QrCode
from app.ui.theme import ThemeChoice, theme
from tests.support.desks_rooms import TICKET, room
from tests.support.panel import until
from tests.support.rooms_rig import RoomsRig, run_rooms
from tests.ui.pictures import picture
from tests.ui.test_page_states import visible

Loop = asyncio.AbstractEventLoop
REFUSED = UserError("The port could not be opened.", "Another program has it.")


async def invited(rig: RoomsRig) -> InviteDialog:
    """Open the dialog of a room with a new link."""
    rig.desk.rooms = [room("library-demo")]
    await rig.open()
    await rig.choose("library-demo")
    return await invite_again(rig)


async def invite_again(rig: RoomsRig) -> InviteDialog:
    await rig.click(rig.page.inspector.invite)
    dialog = rig.page.acts.dialog if rig.page.acts else None
    assert isinstance(dialog, InviteDialog)
    await until(lambda: dialog.copy.isEnabled() or dialog.error_title.text())
    return dialog


def test_it_says_for_whom_and_how_long(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)
        assert dialog.until.text().startswith("Stops working in 10:00.")
        assert dialog.reach.text() == "this computer only"

        rig.clock.at += 12
        await until(lambda: "9:48" in dialog.until.text())

    run_rooms(qt_loop, test)


def test_the_ticket_is_nowhere_on_the_screen(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)

        for widget in visible(dialog):
            words = [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
            words += [widget.text()] if isinstance(widget, Label) else []
            assert not any(TICKET[:8] in unquote(text) for text in words)
        assert dialog.link.text() == f"http://127.0.0.1:18204/j/k3P91#t={TICKET[:6]}…"

    run_rooms(qt_loop, test)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://h:1/j/a#t=abcdefghij", "http://h:1/j/a#t=abcdef…"),
        ("http://h:1/j/a#abcdefghij", "http://h:1/j/a"),
        ("http://h:1/j/a", "http://h:1/j/a"),
    ],
)
def test_a_link_is_cut_where_its_secret_begins(url: str, said: str) -> None:
    assert short(url) == said


def test_copying_puts_it_on_the_clipboard_for_a_while(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)
        assert rig.focus() is dialog.copy

        await rig.press(Qt.Key.Key_Return)

        assert QGuiApplication.clipboard().text().endswith(f"#t={TICKET}")
        (toast,) = rig.toasts.shown
        assert f"{CLEAR_AFTER_S} s" in toast.hint
        assert TICKET not in f"{toast.title} {toast.hint}"
        QGuiApplication.clipboard().clear()

    run_rooms(qt_loop, test)


def test_a_revoked_link_offers_a_new_one(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)

        await rig.click(dialog.revoke)
        await until(dialog.renew.isVisible)
        assert rig.desk.asked[-1] == "revoke http://127.0.0.1:18204/j/k3P91"
        assert dialog.qr.modules == 0
        assert dialog.link.text() == "Revoked"
        assert not dialog.copy.isVisible()
        assert not dialog.browse.isEnabled()
        assert rig.focus() is dialog.renew

        await rig.press(Qt.Key.Key_Return)
        await until(dialog.copy.isEnabled)
        assert "k3P92" in dialog.link.text()
        assert rig.desk.asked == [
            "invite library-demo False",
            "revoke http://127.0.0.1:18204/j/k3P91",
            "invite library-demo False",
        ]

    run_rooms(qt_loop, test)


def test_an_unconfirmed_revocation_says_so(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)
        rig.desk.error = REFUSED

        await rig.click(dialog.revoke)

        await until(lambda: dialog.error_title.text() == REFUSED.title)
        assert dialog.link.text() == "Revoked"
        assert dialog.qr.modules == 0
        assert not dialog.revoke.isEnabled()
        assert dialog.renew.isVisible()

    run_rooms(qt_loop, test)


def test_an_expired_link_is_no_longer_offered(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)

        rig.clock.at += 601

        await until(dialog.renew.isVisible)
        assert dialog.link.text() == "Expired"
        assert dialog.qr.modules == 0

    run_rooms(qt_loop, test)


def test_for_the_network_a_new_link_takes_the_old_ones_place(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)

        await rig.click(dialog.network)
        await until(lambda: dialog.reach.text() == "this network")
        await until(lambda: len(rig.desk.asked) == 3)

        assert rig.desk.asked[1:] == [
            "invite library-demo True",
            "revoke http://127.0.0.1:18204/j/k3P91",
        ]
        assert "192.168.1.20" in dialog.network_words.text()
        assert "warn" in dialog.network_words.text()

    run_rooms(qt_loop, test)


def test_a_network_that_cannot_be_opened_leaves_the_link_as_it_was(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)
        rig.desk.error = REFUSED

        await rig.click(dialog.network)

        await until(lambda: dialog.error_title.text() == REFUSED.title)
        assert not dialog.network.isChecked()
        assert dialog.copy.isEnabled()
        assert "k3P91" in dialog.link.text()

    run_rooms(qt_loop, test)


def test_the_link_is_there_again_when_the_dialog_is_opened_again(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        await invited(rig)
        await rig.press(Qt.Key.Key_Escape)
        assert rig.page.acts is not None
        assert rig.page.acts.dialog is None

        dialog = await invite_again(rig)

        assert "k3P91" in dialog.link.text()
        assert rig.desk.asked == ["invite library-demo False"]

    run_rooms(qt_loop, test)


def test_a_link_that_could_not_be_made(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        rig.desk.error = REFUSED
        dialog = await invited(rig)
        assert dialog.error_title.text() == REFUSED.title
        assert dialog.renew.isVisible()

        rig.desk.error = None
        await rig.click(dialog.renew)

        await until(dialog.copy.isEnabled)
        assert dialog.error_title.text() == ""

    run_rooms(qt_loop, test)


def test_a_dialog_shut_meanwhile_hears_no_more(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)
        rig.desk.error = REFUSED
        rig.desk.gate.clear()
        await rig.click(dialog.revoke)
        await rig.press(Qt.Key.Key_Escape)

        rig.desk.gate.set()

        await until(lambda: REFUSED.title in rig.said)

    run_rooms(qt_loop, test)


class Browser(QObject):
    """Opens what the desktop is asked to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString())


def test_the_browser_gets_an_address_of_its_own_each_time(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        browser = Browser()
        # The stub asks for bytes, which PySide6 then refuses.
        QDesktopServices.setUrlHandler("http", browser, "open")  # pyright: ignore[reportArgumentType]
        dialog = await invited(rig)

        await rig.click(dialog.browse)
        await until(lambda: len(browser.opened) == 1)
        await rig.click(dialog.browse)
        await until(lambda: len(browser.opened) == 2)

        assert browser.opened == [f"http://127.0.0.1:18204/o/once{n}" for n in (1, 2)]
        assert rig.desk.asked[1:] == ["open http://127.0.0.1:18204/j/k3P91"] * 2
        QDesktopServices.unsetUrlHandler("http")

    run_rooms(qt_loop, test)


def test_a_link_that_cannot_be_opened_says_why(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)
        rig.desk.error = REFUSED

        await rig.click(dialog.browse)

        await until(lambda: dialog.error_title.text() == REFUSED.title)
        assert dialog.browse.isEnabled()

    run_rooms(qt_loop, test)


def test_meet_is_offered_with_its_warning_where_it_can_come(qt_loop: Loop) -> None:
    async def test(rig: RoomsRig) -> None:
        dialog = await invited(rig)
        assert not dialog.meet_row.isVisible()
        await rig.press(Qt.Key.Key_Escape)

        rig.desk.meet_url = "https://meet.livekit.io/custom?token=x"
        rig.desk.rooms.append(room("other"))
        rig.desk.tell()
        await rig.choose("other")
        dialog = await invite_again(rig)
        assert dialog.meet_row.isVisible()
        assert MEET_WARNING in [p.text() for p in visible(dialog) if isinstance(p, Label)]
        await rig.click(dialog.meet)

        assert QGuiApplication.clipboard().text() == rig.desk.meet_url
        QGuiApplication.clipboard().clear()

    run_rooms(qt_loop, test)


@pytest.mark.parametrize("choice", [ThemeChoice.DARK, ThemeChoice.LIGHT])
def test_the_code_is_crisp_dark_on_white_with_its_quiet_zone(
    qtbot: QtBot, choice: ThemeChoice
) -> None:
    theme.apply(choice)
    code = QrCode()
    qtbot.addWidget(code)
    code.show_text(f"http://127.0.0.1:18204/j/k3P9#t={TICKET}")

    grey = _greys(picture(code))
    dark = np.argwhere(grey[8:-8, 8:-8] < 128) + 8
    top, left = dark.min(axis=0)
    bottom, right = dark.max(axis=0) + 1
    module = (right - left) // code.modules

    assert module >= 3
    assert right - left == bottom - top == module * code.modules
    assert left >= QUIET * module
    assert set(np.unique(grey[8:-8, 8:-8]).tolist()) == {0, 255}
    finder = grey[top : top + 7 * module, left : left + 7 * module][module // 2 :: module]
    rows = ["".join("#" if v < 128 else "." for v in row[module // 2 :: module]) for row in finder]
    assert rows == ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"]


def _greys(image: QImage) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """The brightness of each pixel."""
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    flat = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine())
    # A copy, since the image goes with this function.
    return flat[:, : grey.width()].copy()
