"""Reads a join token: for whom it is, what it can and cannot do, when it ends, who signed it; and joins with it."""

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QWidget

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
LEAST_HEIGHT = 96
CLAIMS_CAP = 100_000
HINT = (
    "It is read on this computer and forgotten when this closes. "
    "If you join with it, its server gets it, and Greenroom keeps it in memory until it ends."
)
UNKNOWN = "No server profile has the key that signed it."
CLEAR = (
    "ws:// is not encrypted: who sits on the network in between gets the token, and can listen in."
)
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
        self.place = Field("Address of its server", self.url, hint=UNKNOWN)
        self.clear_is_meant = CheckBox("Connect without encryption all the same")
        self.joining = label("", Role.SECONDARY, wrap=True)
        self.result = _Scrolled(self._facts())
        self.body.addWidget(self.field)
        self.body.addWidget(self.result)
        for part in (self.place, self.clear_is_meant, self.joining):
            self.body.addWidget(part)
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
        self.joining.show()
        self.result.fit()

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
        for part in (self.result, self.place, self.clear_is_meant, self.joining):
            part.hide()
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
        self.place.show_hint(CLEAR if clear else UNKNOWN)
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
        self.result.fit()
        if shows:
            # Once they have their place.
            QTimer.singleShot(0, self, self._show_claims)

    @Slot()
    def _show_claims(self) -> None:
        self.result.ensureWidgetVisible(self.claims)

    def _facts(self) -> QWidget:
        facts = QWidget()
        lines = column(facts, gap=SPACE_M)
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
        self.claims.hide()
        return facts

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


class _Scrolled(QScrollArea):
    """As high as its content where the window has room; then it scrolls, by the arrow keys too."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setAccessibleName("What the token says")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setWidget(content)
        self.verticalScrollBar().rangeChanged.connect(self._take_keys)

    def fit(self) -> None:
        """The content has changed. Its height for a width alone would let its single lines be cut."""
        width = self.viewport().width()
        content = self._content
        content.setMinimumHeight(
            max(content.heightForWidth(width), content.sizeHint().height(), LEAST_HEIGHT)
        )
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.viewport().width(), self._content.minimumHeight())

    @Slot(int, int)
    def _take_keys(self, _least: int, most: int) -> None:
        """Only what scrolls is worth a stop of Tab."""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if most else Qt.FocusPolicy.NoFocus)

    def resizeEvent(self, arg__1: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(arg__1)
        if arg__1.size().width() != arg__1.oldSize().width():
            self.fit()
