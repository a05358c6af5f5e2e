"""A link into one room: for whom, how long, and how to take it back."""

from urllib.parse import urlsplit

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from app.domain.errors import UserError
from app.domain.ports import Clock
from app.domain.rooms import MEET_WARNING, InviteView
from app.ui.controls import (
    Button,
    Chip,
    Dialog,
    ElidedLabel,
    Kind,
    Pane,
    Role,
    Switch,
    Tone,
    column,
    label,
    pane,
    row,
)
from app.ui.pages.invite_links import InviteLinks
from app.ui.pages.qr_code import QrCode
from app.ui.plain_text import shown
from app.ui.tokens import SPACE_L, SPACE_M, SPACE_S
from app.ui.views.figures import clock as running

WIDTH = 520
TICK_MS = 250
TICKET_SHOWN = 6
"""Characters of the ticket that are shown: enough to tell two links apart, too few to use one."""
ONE_PERSON = "One person, this room only, microphone only."
NETWORK_WARNING = "Opens a port on {host}, encrypted. Their browser will warn once."
SOME_HOST = "this computer's network address"
THIS_COMPUTER = "this computer only"


class InviteDialog(Dialog):
    """Shows the newest link into a room; makes one where there is none that works. UI thread only."""

    copy_wanted = Signal(str)
    """A link, for the clipboard alone."""

    def __init__(self, over: QWidget, links: InviteLinks, room: str, time: Clock) -> None:
        super().__init__(over, f"Invite to {shown(room, 60)}", width=WIDTH)
        self._links = links
        self._room = room
        self._time = time
        self.qr = QrCode()
        self.until = label("", Role.SECONDARY, wrap=True)
        self.reach = Chip(THIS_COMPUTER, Tone.WARN)
        self.link = ElidedLabel("", Role.CLOCK)
        self.link.setAccessibleName("Link, without its ticket")
        self.copy = Button("Copy link", icon="link", kind=Kind.PRIMARY)
        self.copy.setToolTip("The clipboard is emptied again after 30 s")
        self.browse = Button("Open in the browser")
        self.browse.setToolTip("Join from this computer's browser")
        self.revoke = Button("Revoke", kind=Kind.DANGER)
        self.revoke.setToolTip("Make the link useless and put out who came by it")
        self.renew = Button("Make a new link", kind=Kind.PRIMARY)
        self.renew.setToolTip("The one before no longer works then")
        self.network = Switch("Also for others on this network")
        self.network_words = label("", Role.TERTIARY, wrap=True)
        self.meet = Button("Copy link")
        self.meet.setToolTip("A link to meet.livekit.io. The clipboard is emptied again after 30 s")
        self.meet_row = self._meet_part()
        self._busy = ""
        self._fill()
        self._connect()

    def start(self) -> None:
        """Open with the link that works, or make one."""
        invite = self._links.of(self._room)
        if not self._is_good(invite):
            self._make()
        self._show()
        self.open(self.copy if self._is_good(invite) else self.cross)

    @property
    def invite(self) -> InviteView | None:
        """The link that is shown, good or not."""
        return self._links.of(self._room)

    # What is pressed

    @Slot()
    def _make(self) -> None:
        self.show_error("")
        self._busy = "Making a link…"
        self._links.make(self._room, on_network=self.network.isChecked())
        self._show()

    @Slot()
    def _revoke(self) -> None:
        self.show_error("")
        self._busy = "Revoking…"
        self._links.revoke(self._room)
        self._show()

    @Slot()
    def _copy(self) -> None:
        if (invite := self.invite) is not None:
            self.copy_wanted.emit(invite.url)

    @Slot()
    def _copy_meet(self) -> None:
        if (invite := self.invite) is not None:
            self.copy_wanted.emit(invite.meet_url)

    @Slot()
    def _browse(self) -> None:
        self.show_error("")
        self._links.browse(self._room)

    # What is shown

    @Slot(str)
    def _changed(self, room: str) -> None:
        if room == self._room:
            self._busy = ""
            self._show()
            self._take_keyboard()

    @Slot(str, object)
    def _failed(self, room: str, error: UserError) -> None:
        if room == self._room:
            self._busy = ""
            self._show()
            self.show_error(error.title, error.hint)

    def _is_good(self, invite: InviteView | None) -> bool:
        if invite is None or invite.revoked:
            return False
        return invite.expires_at > self._time.now()

    @Slot()
    def _show(self) -> None:
        """Show the link, what is being done with it, or that there is none that works."""
        invite = self.invite
        good = self._is_good(invite) and not self._busy
        for part in (self.copy, self.browse, self.revoke, self.meet_row):
            part.setEnabled(good)
        self.copy.setVisible(good or bool(self._busy))
        self.renew.setVisible(not good and not self._busy)
        self.network.setEnabled(not self._busy)
        if invite is not None and not self._busy:
            self.network.setChecked(invite.reach != THIS_COMPUTER)
        if good and invite is not None:
            self.qr.show_text(invite.url)
            self.link.set_text(short(invite.url))
        else:
            self.qr.show_word(self._busy or _why_not(invite))
            self.link.set_text(self._busy or _why_not(invite))
        self._show_reach(invite)
        self.meet_row.setVisible(bool(invite and invite.meet_url))
        self._tick()

    def _show_reach(self, invite: InviteView | None) -> None:
        own = invite is None or invite.reach == THIS_COMPUTER
        self.reach.show_as(THIS_COMPUTER if invite is None else invite.reach, Tone.WARN)
        host = SOME_HOST if invite is None or own else urlsplit(invite.url).hostname
        self.network_words.setText(NETWORK_WARNING.format(host=shown(host or SOME_HOST, 80)))

    @Slot()
    def _tick(self) -> None:
        """Tell how long the link still works; when it ends, show that."""
        invite = self.invite
        if self._busy or invite is None or not self._is_good(invite):
            self.until.setText("A link works for ten minutes.")
            if self.copy.isVisible() and self.copy.isEnabled():
                self._show()
            return
        left = running(invite.expires_at, self._time.now())
        self.until.setText(f"Stops working in {left}. Who has the link can join until then.")

    def _take_keyboard(self) -> None:
        """Put the keyboard on what can be done now, unless it stands on something that still can."""
        here = QApplication.focusWidget()
        if here is None or here is self.cross or not (here.isEnabled() and here.isVisible()):
            (self.copy if self.copy.isEnabled() else self.renew).setFocus()

    # Parts

    def _fill(self) -> None:
        self.body.setSpacing(SPACE_M)
        words = column(gap=6)
        words.addWidget(label(ONE_PERSON, wrap=True))
        words.addWidget(self.until)
        words.addSpacing(2)
        words.addWidget(self.reach, 0, Qt.AlignmentFlag.AlignLeft)
        words.addStretch(1)
        top = row(gap=18)
        top.addWidget(self.qr, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        self.body.addLayout(top)
        box = pane(Pane.FIELD)
        row(box, (SPACE_M - 2, 0, SPACE_M - 2, 0)).addWidget(self.link)
        box.setFixedHeight(30)
        self.body.addWidget(box)
        acts = row(gap=SPACE_S)
        for button in (self.copy, self.renew, self.browse):
            acts.addWidget(button)
        acts.addStretch(1)
        acts.addWidget(self.revoke)
        self.body.addLayout(acts)
        for part in (_line(), self._network_part(), self.meet_row):
            self.body.addWidget(part)
        self.cancel.hide()

    def _network_part(self) -> QWidget:
        part = QWidget()
        across = row(part, gap=10)
        across.addWidget(self.network, 0, Qt.AlignmentFlag.AlignVCenter)
        words = column(gap=0)
        words.addWidget(label("Also for others on this network"))
        words.addWidget(self.network_words)
        across.addLayout(words, 1)
        return part

    def _meet_part(self) -> QWidget:
        part = QWidget(self)
        across = row(part, gap=SPACE_L)
        words = column(gap=0)
        words.addWidget(label("By LiveKit Meet"))
        words.addWidget(label(MEET_WARNING, Role.TERTIARY, wrap=True))
        across.addLayout(words, 1)
        across.addWidget(self.meet, 0, Qt.AlignmentFlag.AlignVCenter)
        return part

    def _connect(self) -> None:
        self.copy.clicked.connect(self._copy)
        self.renew.clicked.connect(self._make)
        self.browse.clicked.connect(self._browse)
        self.revoke.clicked.connect(self._revoke)
        self.meet.clicked.connect(self._copy_meet)
        self.network.clicked.connect(self._make)
        self._links.changed.connect(self._changed)
        self._links.failed.connect(self._failed)
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()


def short(url: str) -> str:
    """A link without what opens it: its fragment is cut to a few characters."""
    base, _, fragment = url.partition("#")
    key, _, ticket = fragment.partition("=")
    return f"{base}#{key}={ticket[:TICKET_SHOWN]}…" if ticket else base


def _why_not(invite: InviteView | None) -> str:
    if invite is None:
        return "No link"
    return "Revoked" if invite.revoked else "Expired"


def _line() -> QWidget:
    line = pane(Pane.LINE)
    line.setFixedHeight(1)
    return line
