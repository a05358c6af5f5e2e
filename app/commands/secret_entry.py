"""Takes a secret from a person or a pipe: on the command line others could read it."""

import getpass
import sys

from app.domain.errors import UserError

LONGEST_INPUT = 16_384
"""Characters that are read from stdin: more than any secret, so that a wrong file gets a sentence."""


def entered(prompt: str, given_up: UserError) -> str:
    """What was typed at the prompt without being shown, or came on stdin. Raises `given_up` when nothing can."""
    try:
        if sys.stdin.isatty():
            return getpass.getpass(prompt)
        return sys.stdin.read(LONGEST_INPUT)
    except (EOFError, KeyboardInterrupt, UnicodeDecodeError):
        raise given_up from None
