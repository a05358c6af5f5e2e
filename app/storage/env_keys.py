"""Finds providers' keys in a `.env` file and among environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

from app.domain.errors import UserError
from app.domain.keys import why_no_key
from app.domain.providers import PROVIDERS, Provider

LARGEST_BYTES = 256 * 1024
"""A `.env` file has some kilobytes; more is another file."""
_PLACEHOLDER = re.compile(r"(?i)\.\.\.|…|^(?:your|my|<|xxx|changeme|change_me|replace|insert|todo)")


@dataclass(frozen=True, slots=True)
class EnvKey:
    """A key that a variable holds."""

    provider: Provider
    variable: str
    value: str = field(repr=False)


def keys_among(variables: Mapping[str, str]) -> tuple[EnvKey, ...]:
    """The keys among `variables`, in the order of the providers; what a template left to be filled in is none."""
    return tuple(
        EnvKey(provider, name, value)
        for provider in PROVIDERS
        for name in provider.variables
        if _is_key(value := variables.get(name, "").strip())
    )


def read_env_file(path: Path) -> dict[str, str]:
    """The variables that a `.env` file sets; this process's own stay as they are.

    Raises UserError when it is missing, is not text, or is too big for one.
    """
    text = _text(path)
    values = dotenv_values(stream=StringIO(text))
    return {name: value for name, value in values.items() if value is not None}


def _text(path: Path) -> str:
    hint = "Choose the file with lines such as OPENAI_API_KEY=…"
    try:
        if not path.is_file():
            raise UserError(f"There is no file {path}.", hint)
        if path.stat().st_size > LARGEST_BYTES:
            raise UserError(f"{path} is too big for a .env file.", hint)
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.", hint) from error
    except UnicodeDecodeError:
        # Without its cause, which would quote the file.
        raise UserError(f"{path} is not text in UTF-8.", "Save it as UTF-8.") from None
    if "\0" in text:
        raise UserError(f"{path} is not text in UTF-8.", "Save it as UTF-8.")
    return text


def _is_key(value: str) -> bool:
    return not why_no_key(value) and not _PLACEHOLDER.search(value)
