"""What a person does with keys: add, replace, copy, remove, import, and ask where they are."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.back_office import KeyDesk
from app.domain.errors import UserError
from app.domain.keys import FoundKey, KeyCard, KeyPlace, KeyringState, KeyringView
from app.domain.providers import Provider
from app.ui.clipboard import CLEAR_AFTER_S, SecretClipboard
from app.ui.controls import Dialog, Role, confirmation, label
from app.ui.pages.key_dialog import KeyDialog
from app.ui.pages.key_import import ImportDialog
from app.ui.pages.keys_words import where_it_lies
from app.ui.plain_text import shown
from app.ui.tasks import TaskScope
from app.ui.toasts import ACT_MS, Level, Toast

WHERE_WIDTH = 520


class KeyActs(QObject):
    """Carries acts to the desk, one dialog at a time. UI loop only.

    A key passes through on its way from a dialog to the desk and from the desk to the clipboard; none is kept but one
    that was removed, for as long as that can be undone. What fails stands in the dialog that asked for it; once that
    is gone, it goes to the scope's `report`.
    """

    changed = Signal(str)
    """Keys were stored or removed. Carries the id of the provider whose new key is to be tested, or nothing."""
    told = Signal(object)
    """Toast: something was done."""

    def __init__(self, page: QWidget, tasks: TaskScope) -> None:
        super().__init__(page)
        self._page = page
        self._tasks = tasks
        self._desk: KeyDesk | None = None
        self._keyring = KeyringView(KeyringState.ABSENT, "")
        self.clipboard = SecretClipboard(self)
        self.dialog: Dialog | None = None
        """The one that is open."""

    def give_desk(self, desk: KeyDesk) -> None:
        self._desk = desk

    def know(self, keyring: KeyringView) -> None:
        """How the keyring stands, for what the dialogs say of it."""
        self._keyring = keyring

    def show_where(self) -> None:
        """Explain where keys are kept."""
        dialog = Dialog(self._page, "Where keys are kept", cancel="Close", width=WHERE_WIDTH)
        for paragraph in where_it_lies(self._keyring).split("\n\n"):
            dialog.body.addWidget(label(paragraph, Role.SECONDARY, wrap=True))
        self._open(dialog)

    def add(self, providers: Sequence[Provider], chosen: Provider | None = None) -> None:
        """Ask for a key of one of the providers."""
        self._ask(KeyDialog(self._page, providers, self._keyring, chosen=chosen))

    def replace(self, provider: Provider) -> None:
        """Ask for another key of a provider."""
        asking = KeyDialog(self._page, [provider], self._keyring, chosen=provider, replacing=True)
        self._ask(asking)

    @Slot()
    def import_keys(self) -> None:
        """Show what a `.env` file or the environment holds."""
        if self._desk is not None:
            importing = ImportDialog(self._page, self._desk, self._tasks)
            importing.entered.connect(partial(self._start_taking, importing))
            self._open(importing, importing.browse)

    def copy(self, provider: Provider) -> None:
        """Put a key on the clipboard for half a minute."""
        if self._desk is not None:
            self._tasks.spawn(self._copy(self._desk, provider), doing="copy the key")

    def remove(self, card: KeyCard) -> None:
        """Ask whether to delete a key, then delete it."""
        name = shown(card.provider.name)
        keyring = shown(self._keyring.name, 60)
        place = "memory" if card.place is KeyPlace.SESSION else keyring
        words = f"It is deleted from {place}. For a few seconds you can undo that."
        if card.used_by:
            users = ", ".join(shown(user, 40) for user in card.used_by)
            words += f"\n\nUsed by {users}: without it they cannot start."
        asking = confirmation(self._page, f"Remove the {name} key?", words, "Remove the key")
        asking.accepted.connect(partial(self._start_removal, asking, card.provider))
        self._open(asking)

    def _ask(self, asking: KeyDialog) -> None:
        asking.entered.connect(partial(self._start_storing, asking))
        self._open(asking, asking.first)

    def _start_storing(self, asking: KeyDialog, provider_id: str, value: str) -> None:
        if self._desk is not None:
            storing = self._store(self._desk, asking, provider_id, value)
            self._tasks.spawn(storing, doing="store the key")

    async def _store(self, desk: KeyDesk, asking: KeyDialog, provider_id: str, value: str) -> None:
        test = asking.test.isChecked()
        try:
            await desk.put(provider_id, value)
        except UserError as error:
            self._refuse(asking, error)
            return
        self._end(asking)
        self.changed.emit(provider_id if test else "")

    def _start_removal(self, asking: Dialog, provider: Provider) -> None:
        if self._desk is not None:
            asking.show_busy("Removing…")
            removal = self._remove(self._desk, asking, provider)
            self._tasks.spawn(removal, doing="remove the key")

    async def _remove(self, desk: KeyDesk, asking: Dialog, provider: Provider) -> None:
        try:
            removed = _Removed(provider.id, await desk.reveal(provider.id))
            await desk.remove(provider.id)
        except UserError as error:
            self._refuse(asking, error)
            return
        self._end(asking)
        title = f"The {shown(provider.name)} key is removed"
        undo = partial(self._start_undoing, removed)
        self.told.emit(Toast(Level.INFO, title, key="remove", act="Undo", on_act=undo))
        QTimer.singleShot(ACT_MS, self, removed.forget)
        self.changed.emit("")

    def _start_undoing(self, removed: "_Removed") -> None:
        if self._desk is not None and removed.value:
            self._tasks.spawn(self._undo(self._desk, removed), doing="put the key back")

    async def _undo(self, desk: KeyDesk, removed: "_Removed") -> None:
        value = removed.value
        removed.forget()
        await desk.put(removed.provider_id, value)
        self.changed.emit("")

    async def _copy(self, desk: KeyDesk, provider: Provider) -> None:
        self.clipboard.copy(await desk.reveal(provider.id))
        title = f"The {shown(provider.name)} key is on the clipboard"
        hint = f"It is taken off again in {CLEAR_AFTER_S} s, unless you copy something else."
        self.told.emit(Toast(Level.INFO, title, hint, "copy"))

    def _start_taking(
        self, asking: Dialog, env_file: Path | None, keys: tuple[FoundKey, ...]
    ) -> None:
        if self._desk is not None:
            taking = self._take(self._desk, asking, env_file, keys)
            self._tasks.spawn(taking, doing="store the imported keys")

    async def _take(
        self, desk: KeyDesk, asking: Dialog, env_file: Path | None, keys: tuple[FoundKey, ...]
    ) -> None:
        try:
            await desk.take(env_file, [key.variable for key in keys])
        except UserError as error:
            self._refuse(asking, error)
            return
        self._end(asking)
        names = ", ".join(shown(key.provider.name, 40) for key in keys)
        title = f"{len(keys)} {'key' if len(keys) == 1 else 'keys'} stored"
        self.told.emit(Toast(Level.INFO, title, names, "import"))
        self.changed.emit("")

    def _open(self, dialog: Dialog, first: QWidget | None = None) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        self.dialog = dialog
        dialog.finished.connect(self._forget)
        dialog.open(first)

    def _end(self, dialog: Dialog) -> None:
        if self.dialog is dialog:
            dialog.done()

    def _refuse(self, dialog: Dialog, error: UserError) -> None:
        """Say in the dialog what failed; where it has been left, to the window."""
        if self.dialog is not dialog:
            raise error
        dialog.show_error(error.title, error.hint)

    @Slot()
    def _forget(self) -> None:
        self.dialog = None


class _Removed:
    """A key that was removed, as long as that can be undone."""

    def __init__(self, provider_id: str, value: str) -> None:
        self.provider_id = provider_id
        self.value = value

    def forget(self) -> None:
        """Keep no key longer than it is of use."""
        self.value = ""
