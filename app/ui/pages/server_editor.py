"""The form of a server: its name, its address, its colour, its key."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.errors import UserError
from app.domain.server_rules import (
    host_of,
    is_cloud,
    is_in_the_clear,
    normal_name,
    normal_url,
    require_free_name,
    require_port,
    weak_secret_warning,
)
from app.domain.servers import ServerColour, ServerKind, ServerProfile
from app.ui.controls import (
    Button,
    CheckBox,
    Choice,
    Dialog,
    Field,
    Kind,
    SecretField,
    TextField,
    row,
)
from app.ui.server_marks import SERVER_INKS, swatch
from app.ui.theme import theme
from app.ui.tokens import SPACE_M

LONGEST_KEY = 200
_KINDS = (
    (ServerKind.SELF_HOSTED.value, "Self-hosted"),
    (ServerKind.CLOUD.value, "LiveKit Cloud"),
)
_COLOURS = tuple((colour.value, colour.value.capitalize()) for colour in SERVER_INKS)
KEEP = "Leave empty to keep the one stored"
WEBHOOK_HINT = (
    "Optional. The server's webhooks come to this port: its “webhook.urls” then has "
    "http://127.0.0.1:PORT/livekit/webhook, as far as it reaches this computer."
)


@dataclass(frozen=True, slots=True, repr=False)
class Entered:
    """What the form holds, checked. It has no repr, because that would show the secret."""

    profile: ServerProfile
    key: str
    secret: str


class ServerEditor(Dialog):
    """Adds a server, or changes one. Connect `accepted`, read `entered`, then say `done` or `show_error`."""

    remove_pressed = Signal()
    """The server is to be removed; the form is gone already."""

    def __init__(
        self,
        over: QWidget,
        others: Sequence[ServerProfile],
        editing: ServerProfile | None = None,
    ) -> None:
        """`others` are the servers that there are besides."""
        title = f"Edit {editing.name}" if editing else "Add a server"
        super().__init__(over, title, act="Save" if editing else "Add")
        self._others = tuple(others)
        self._editing = editing
        self.name = TextField("Name", placeholder="Staging", longest=200)
        self.url = TextField("Address", placeholder="wss://livekit.example.org", longest=600)
        self.clear_is_meant = CheckBox("Connect without encryption all the same")
        self.kind = Choice("Kind", _KINDS)
        self.colour = Choice("Colour", _COLOURS)
        keep = KEEP if editing else ""
        self.key = TextField("API key", placeholder=keep or "API…", longest=LONGEST_KEY)
        self.secret = SecretField("API secret", placeholder=keep, longest=LONGEST_KEY)
        self.webhook_port = TextField("Webhook port", placeholder="none", longest=5)
        self.remove = Button("Remove…", kind=Kind.DANGER)
        self.remove.setToolTip("Forget this server and its key; the server itself stays as it is")
        self._fields()
        self._fill(editing)
        self._connect()
        self._show_kinds()
        self._show_colours()
        self._show_clear()

    @property
    def replaces(self) -> str:
        """The name of the server that is edited; empty for a new one."""
        return self._editing.name if self._editing else ""

    def entered(self) -> Entered | None:
        """The form as a profile; None when something in it is wrong, which it says beside the field."""
        name, url = self._checked_name(), self._checked_url()
        complete, port = self._check_key(), self._checked_port()
        if name is None or url is None or port is None or not complete:
            return None
        profile = ServerProfile(
            name=name,
            url=url,
            kind=ServerKind(self.kind.value),
            colour=ServerColour(self.colour.value),
            unencrypted_confirmed=self._needs_confirming() and self.clear_is_meant.isChecked(),
            webhook_port=port,
        )
        return Entered(profile, self.key.text().strip(), self.secret.text().strip())

    def forget_secret(self) -> None:
        """Let no secret outlive the form."""
        self.secret.clear()

    def _checked_name(self) -> str | None:
        try:
            name = normal_name(self.name.text())
            require_free_name(name, [other.name for other in self._others])
        except UserError as error:
            self.name_field.show_error(str(error))
            return None
        return name

    def _checked_url(self) -> str | None:
        try:
            url = normal_url(self.url.text())
        except UserError as error:
            self.url_field.show_error(str(error))
            return None
        if self._needs_confirming() and not self.clear_is_meant.isChecked():
            self.url_field.show_error(
                self._clear_words() + " Use wss://, or confirm that this is meant."
            )
            return None
        return url

    def _checked_port(self) -> int | None:
        text = self.webhook_port.text().strip()
        try:
            port = int(text or 0)
            require_port(port)
        except (ValueError, UserError) as error:
            said = str(error) if isinstance(error, UserError) else "A port is a number."
            self.port_field.show_error(said)
            return None
        self.port_field.show_error("")
        return port

    def _check_key(self) -> bool:
        key, secret = self.key.text().strip(), self.secret.text().strip()
        wanted = self._editing is None
        self.key_field.show_error(
            "The server has an API key." if (wanted or secret) and not key else ""
        )
        missing = (wanted or key) and not secret
        self.secret_field.show_error("The key has a secret that belongs to it." if missing else "")
        return bool(key) == bool(secret) and (bool(key) or not wanted)

    def _needs_confirming(self) -> bool:
        try:
            return is_in_the_clear(normal_url(self.url.text()))
        except UserError:
            return False

    def _clear_words(self) -> str:
        host = host_of(normal_url(self.url.text()))
        return f"ws:// is not encrypted: who sits on the network between here and {host} can listen in."

    @Slot()
    def _show_clear(self) -> None:
        needs = self._needs_confirming()
        self.clear_is_meant.setVisible(needs)
        self.url_field.show_error("")
        self.url_field.show_hint(self._clear_words() if needs else "")
        if not needs:
            self.clear_is_meant.setChecked(False)

    @Slot()
    def _guess_kind(self) -> None:
        try:
            cloud = is_cloud(normal_url(self.url.text()))
        except UserError:
            return
        self.kind.choose((ServerKind.CLOUD if cloud else ServerKind.SELF_HOSTED).value)

    @Slot()
    def _show_secret_hint(self) -> None:
        secret = self.secret.text().strip()
        own = self.kind.value == ServerKind.SELF_HOSTED.value
        self.secret_field.show_error("")
        self.secret_field.show_hint(weak_secret_warning(secret) if secret and own else "")

    @Slot()
    def _show_colours(self) -> None:
        for index, colour in enumerate(SERVER_INKS):
            self.colour.setItemIcon(index, swatch(colour, self.devicePixelRatioF()))

    def _show_kinds(self) -> None:
        if self._editing is None:
            self._guess_kind()

    def _fields(self) -> None:
        self.name_field = Field("Name", self.name)
        self.url_field = Field("Address", self.url)
        self.key_field = Field("API key", self.key)
        self.secret_field = Field("API secret", self.secret)
        self.port_field = Field("Webhook port", self.webhook_port, hint=WEBHOOK_HINT)
        marks = row(gap=SPACE_M)
        marks.addWidget(Field("Kind", self.kind), 1)
        marks.addWidget(Field("Colour", self.colour), 1)
        self.body.addWidget(self.name_field)
        self.body.addWidget(self.url_field)
        self.body.addWidget(self.clear_is_meant)
        self.body.addLayout(marks)
        self.body.addWidget(self.key_field)
        self.body.addWidget(self.secret_field)
        self.body.addWidget(self.port_field)
        self.foot.insertWidget(0, self.remove)

    def _fill(self, editing: ServerProfile | None) -> None:
        if editing is None:
            self.remove.hide()
            used = {other.colour for other in self._others}
            free = [colour for colour in SERVER_INKS if colour not in used]
            self.colour.choose((free or [ServerColour.GREY])[0].value)
            return
        self.name.setText(editing.name)
        self.url.setText(editing.url)
        self.kind.choose(editing.kind.value)
        self.colour.choose(editing.colour.value)
        self.clear_is_meant.setChecked(editing.unencrypted_confirmed)
        self.webhook_port.setText(str(editing.webhook_port or ""))

    def _connect(self) -> None:
        self.url.textChanged.connect(self._show_clear)
        self.url.textEdited.connect(self._guess_kind)
        self.secret.textChanged.connect(self._show_secret_hint)
        self.kind.chosen.connect(self._show_secret_hint)
        self.name.textChanged.connect(self._clear_name_error)
        self.key.textChanged.connect(self._clear_key_error)
        self.remove.clicked.connect(self._remove)
        self.finished.connect(self.forget_secret)
        theme.changed.connect(self._show_colours)

    @Slot()
    def _remove(self) -> None:
        self.reject()
        self.remove_pressed.emit()

    @Slot()
    def _clear_name_error(self) -> None:
        self.name_field.show_error("")

    @Slot()
    def _clear_key_error(self) -> None:
        self.key_field.show_error("")
