"""Remembers in a file what the last test of each provider's key showed; nothing of the key."""

import logging
import os
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter

from app.domain.errors import UserError
from app.domain.keys import KeyTest
from app.runtime.paths import private

log = logging.getLogger(__name__)

KEY_TESTS = "key-tests.json"
_Tests = TypeAdapter(dict[str, KeyTest])


class KeyTestFile:
    """The last test of each provider by its id. Its methods block for a file of a few kilobytes; any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        """All keys can be tested at once; none of the results may be lost."""

    def read(self) -> dict[str, KeyTest]:
        """What the file holds; nothing when it is missing or damaged."""
        try:
            return _Tests.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:  # pydantic's ValidationError is one too.
            log.warning("%s cannot be read: %s", self._path, type(error).__name__)
            return {}

    def note(self, provider_id: str, test: KeyTest) -> None:
        """Remember a test. Raises UserError when the file cannot be written."""
        with self._lock:
            self._write({**self.read(), provider_id: test})

    def forget(self, provider_id: str) -> None:
        """Forget the test of a key that is no more. Raises UserError when the file cannot be written."""
        with self._lock:
            tests = self.read()
            if tests.pop(provider_id, None) is not None:
                self._write(tests)

    def _write(self, tests: dict[str, KeyTest]) -> None:
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            private(self._path.parent)
            beside.write_bytes(_Tests.dump_json(tests, indent=2))
            beside.replace(self._path)
        except OSError as error:
            hint = f"Make {self._path.parent} writable."
            raise UserError(f"{self._path} cannot be written: {error.strerror}.", hint) from error
