"""A keyring in memory that fails or hangs when told to."""

from threading import Event

from keyring.backend import KeyringBackend

NAME = "Keyring of the test"
CLASS_PATH = f"{__name__}.FakeKeyring"


class FakeKeyring(KeyringBackend):
    """Holds its entries in `entries` by service and account."""

    priority = 1  # pyright: ignore[reportAssignmentType]

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.fails: Exception | None = None
        self.answers = Event()
        self.answers.set()
        self.asked = 0

    def hang(self) -> None:
        self.answers.clear()

    def get_password(self, service: str, username: str) -> str | None:
        self._behave()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._behave()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._behave()
        del self.entries[service, username]

    def _behave(self) -> None:
        self.asked += 1
        self.answers.wait()
        if self.fails is not None:
            raise self.fails
