"""The dialog that takes a key: whose it is and what it is."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.keys import KeyringState, KeyringView, why_no_key
from app.domain.providers import Provider
from app.ui.controls import CheckBox, Choice, Dialog, Field, SecretField
from app.ui.plain_text import shown

STORE = "Store"
STORING = "Storing…"


class KeyDialog(Dialog):
    """Adds a key or replaces one. It stores nothing itself: `entered` asks for that.

    Answer with `done` or with `show_error`; until then what was typed stays.
    """

    entered = Signal(str, str)
    """The provider's id and the key."""

    def __init__(
        self,
        over: QWidget,
        providers: Sequence[Provider],
        keyring: KeyringView,
        *,
        chosen: Provider | None = None,
        replacing: bool = False,
    ) -> None:
        """`providers` are offered; with `replacing` there is only the `chosen` one."""
        name = shown(chosen.name) if chosen is not None else ""
        title = f"Replace the {name} key" if replacing else "Add a key"
        super().__init__(over, title, act=STORE)
        self._providers = {provider.id: provider for provider in providers}
        self.provider = Choice("Provider", [(each.id, each.name) for each in providers])
        if chosen is not None:
            self.provider.choose(chosen.id)
        self.key = SecretField("Key")
        self._provider_field = Field("Provider", self.provider)
        self.key_field = Field("Key", self.key, hint=_where(keyring))
        self.test = CheckBox("Test it at once, with one cheap call to the provider", checked=True)
        self._provider_field.setVisible(not replacing)
        for part in (self._provider_field, self.key_field, self.test):
            self.body.addWidget(part)
        self.provider.currentIndexChanged.connect(self._explain)
        self.key.textChanged.connect(self._forgive)
        self.accepted.connect(self._hand_over)
        self.finished.connect(self._end)
        self._explain()

    @property
    def first(self) -> QWidget:
        """What the keyboard starts on: the key, once it is clear whose it is."""
        clear = self._provider_field.isHidden() or self.provider.currentIndex() > 0
        return self.key if clear else self.provider

    @property
    def provider_id(self) -> str:
        return self.provider.value

    @Slot()
    def _hand_over(self) -> None:
        value = self.key.text().strip()
        why = why_no_key(value)
        self.key_field.show_error(why)
        if why:
            self.key.setFocus()
            return
        self.show_busy(STORING)
        self.entered.emit(self.provider_id, value)

    @Slot()
    def _forgive(self) -> None:
        if self.key_field.error:
            self.key_field.show_error("")

    @Slot()
    def _explain(self) -> None:
        provider = self._providers.get(self.provider_id)
        if provider is not None:
            variable = provider.variables[0]
            self._provider_field.show_hint(f"{provider.serves}. Elsewhere known as {variable}.")
            self.key.setPlaceholderText(f"Paste the {provider.name} key")

    @Slot()
    def _end(self) -> None:
        self.key.hide_text()
        self.key.clear()


def _where(keyring: KeyringView) -> str:
    if keyring.state is KeyringState.READY:
        return f"Kept in {shown(keyring.name, 60)} and nowhere else."
    return "Kept in memory until Greenroom ends: the keyring cannot be used now."
