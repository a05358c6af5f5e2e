"""Reads a join token: for whom it is, what it can and cannot do, when it ends, who signed it; and joins with it."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from app.domain.errors import UserError
from app.domain.ports import Clock
from app.domain.server_rules import is_in_the_clear, normal_url
from app.domain.servers import TokenReport
from app.ui.controls import (
    Button,
    CheckBox,
    Chip,
    Dialog,
    Field,
    Kind,
    Role,
    SecretField,
    TextArea,
    TextField,
    column,
    label,
    row,
)
from app.ui.labels import Label
from app.ui.pages.server_words import expiry_words, joining_words
from app.ui.plain_text import plain_tip, shown, shown_lines
from app.ui.tokens import SPACE_M, SPACE_S, Token

WIDTH = 640
LONGEST_TOKEN = 65_536
SETTLED_MS = 250
CLAIMS_CAP = 100_000
HINT = "It is read on this computer and forgotten when this closes. Only its own server gets it, if you join with it."
JOIN = "Join with this token"
PASTE = "Paste a token first"


class TokenInspector(Dialog):
    """Tells what is to be read with `token_entered`; answer with `show_report` or `show_wrong`.

    It is `accepted` when somebody wants to join with the token.
    """

    token_entered = Signal(str)

    def __init__(self, over: QWidget, clock: Clock) -> None:
        super().__init__(over, "Read a token", act=JOIN, cancel="Close", width=WIDTH)
        self._clock = clock
        self._report: TokenReport | None = None
        self.token = SecretField("Token", placeholder="Paste a token here", longest=LONGEST_TOKEN)
        self.field = Field("Token", self.token, hint=HINT)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self.facts: dict[str, Label] = {}
        self.expiry = Chip()
        self.signature = label("", Role.SECONDARY, wrap=True)
        self.can, self.cannot = (
            label("", Role.BODY, wrap=True),
            label("", Role.SECONDARY, wrap=True),
        )
        self.more = Button("Show all claims", kind=Kind.GHOST)
        self.claims = TextArea("Claims of the token", lines=8)
        self.claims.setReadOnly(True)
        self.url = TextField("Address of its server", placeholder="wss://livekit.example.org")
        self.place = Field(
            "Address of its server", self.url, hint="No server profile has the key that signed it."
        )
        self.clear_is_meant = CheckBox("Connect without encryption all the same")
        self.joining = label("", Role.SECONDARY, wrap=True)
        self.result = self._result()
        self.body.addWidget(self.field)
        self.body.addWidget(self.result)
        self._show_none()
        self.url.textChanged.connect(self._show_joining)
        self.clear_is_meant.toggled.connect(self._show_joining)
        self.token.textChanged.connect(self._read_soon)
        self._settled.timeout.connect(self._tell)
        self.more.clicked.connect(self._toggle_claims)
        self.finished.connect(self.forget)

    def show_report(self, report: TokenReport) -> None:
        self._report = report
        self.show_error("")
        self.field.show_error("")
        for caption, value in (
            ("For", report.name or report.identity or "nobody"),
            ("Identity", report.identity or "none"),
            ("Room", report.room or "any room"),
            ("Signed by", report.issuer or "nobody"),
        ):
            self.facts[caption].setText(shown(value))
        self.expiry.show_as(*expiry_words(report, self._clock.now()))
        self.signature.setText(shown_lines(report.signature, 400))
        self.can.setText("\n".join(shown(each) for each in report.can) or "nothing")
        self.cannot.setText("\n".join(shown(each) for each in report.cannot) or "nothing")
        self.claims.setPlainText(shown_lines(report.claims, CLAIMS_CAP))
        self._show_joining()
        self.result.show()

    def show_wrong(self, error: UserError) -> None:
        """Say why this cannot be read."""
        self._show_none()
        self.field.show_error(str(error))

    @Slot()
    def forget(self) -> None:
        """Let no token outlive the dialog."""
        self._settled.stop()
        self.token.clear()
        self._settled.stop()
        self.claims.clear()
        self._report = None

    @Slot()
    def _read_soon(self) -> None:
        """Nobody joins with a token that has not been read."""
        self._offer(PASTE)
        self._settled.start()

    @Slot()
    def _tell(self) -> None:
        token = self.token.text().strip()
        if token:
            self.token_entered.emit(token)
        else:
            self._show_none()
            self.field.show_error("")

    def _show_none(self) -> None:
        """There is no token, or none that can be read."""
        self._report = None
        self.result.hide()
        self.show_error("")
        self._offer(PASTE)

    @Slot()
    def _show_joining(self) -> None:
        """Say as whom one would join, or why that cannot be."""
        report = self._report
        if report is None:
            return
        asks = not report.profile and not report.cannot_join
        clear = asks and self._in_the_clear()
        self.place.setVisible(asks)
        self.clear_is_meant.setVisible(clear)
        words = shown(f"You cannot join with it. {report.cannot_join}")
        self.joining.set_ink(Token.WARN if report.cannot_join else Token.TEXT2)
        self.joining.setText(words if report.cannot_join else joining_words(report))
        if report.cannot_join:
            self._offer(words)
        elif asks and not self.url.text().strip():
            self._offer("Say first which server it is for")
        elif clear and not self.clear_is_meant.isChecked():
            self._offer("Confirm first that it goes without encryption")
        else:
            self._offer()

    def _in_the_clear(self) -> bool:
        try:
            return is_in_the_clear(normal_url(self.url.text()))
        except UserError:
            return False

    def _offer(self, lacking: str = "") -> None:
        """Let the act be pressed, unless something is lacking."""
        self.set_act(JOIN, possible=not lacking)
        self.act.setToolTip(plain_tip(lacking or "Open its room on the Stage"))

    @Slot()
    def _toggle_claims(self) -> None:
        shows = self.claims.isHidden()
        self.claims.setVisible(shows)
        self.more.set_face("Hide the claims" if shows else "Show all claims", kind=Kind.GHOST)

    def _result(self) -> QWidget:
        result = QWidget()
        lines = column(result, gap=SPACE_M)
        lines.addLayout(self._grid())
        both = row(gap=SPACE_M)
        for caption, words, ink in (
            ("It can", self.can, Token.TEXT),
            ("It cannot", self.cannot, Token.TEXT2),
        ):
            words.set_ink(ink)
            part = column(gap=SPACE_S)
            part.addWidget(label(caption, Role.CAPTION))
            part.addWidget(words)
            part.addStretch(1)
            both.addLayout(part, 1)
        lines.addLayout(both)
        foot = row()
        foot.addWidget(self.more)
        foot.addStretch(1)
        lines.addLayout(foot)
        lines.addWidget(self.claims)
        lines.addWidget(self.place)
        lines.addWidget(self.clear_is_meant)
        lines.addWidget(self.joining)
        self.claims.hide()
        return result

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_M)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, 72)
        grid.setColumnStretch(1, 1)
        for line, caption in enumerate(("For", "Identity", "Room", "Signed by")):
            role = Role.STRONG if caption == "For" else Role.CLOCK
            value = self.facts[caption] = label("", role, wrap=True)
            grid.addWidget(label(caption, Role.TERTIARY), line, 0)
            grid.addWidget(value, line, 1)
        grid.addWidget(label("Signature", Role.TERTIARY), 4, 0)
        grid.addWidget(self.signature, 4, 1)
        grid.addWidget(label("Ends", Role.TERTIARY), 5, 0)
        # Aligned, for a chip does not grow, and the column would not either.
        grid.addWidget(self.expiry, 5, 1, Qt.AlignmentFlag.AlignLeft)
        return grid
