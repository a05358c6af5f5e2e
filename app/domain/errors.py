"""Errors that a person reads."""


class UserError(Exception):
    """Something failed and a person can mend it.

    `title` says what failed, `hint` what to do about it; both are plain text and hold no secret.
    """

    exit_code = 1

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.title} {self.hint}".strip()


class UsageError(UserError):
    """The command line or a file given to it is wrong."""

    exit_code = 2


class MissingRequirementError(UserError):
    """This computer lacks something; `hint` holds the exact command that mends it."""

    exit_code = 3
