import os
import sys
from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.domain.providers import PROVIDERS
from app.storage.env_keys import LARGEST_BYTES, keys_among, read_env_file

OPENAI = "canary-openai-1234"
GROQ = "canary-groq-5678"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / ".env"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_keys_are_found_by_the_variables_of_the_scaffolds():
    variables = {name: f"canary-{name}" for each in PROVIDERS for name in each.variables}

    found = keys_among({**variables, "PATH": "/usr/bin", "LIVEKIT_API_KEY": "APIabcdefgh"})

    assert {key.variable: key.value for key in found} == variables
    assert {key.provider for key in found} == set(PROVIDERS)


@pytest.mark.parametrize(
    "value", ["", "  ", "short", "your_openai_key", "<key>", "sk-...", "sk-…", "has a space in it"]
)
def test_what_a_template_left_to_be_filled_in_is_no_key(value: str):
    assert keys_among({"OPENAI_API_KEY": value}) == ()


def test_a_found_key_does_not_show_its_value():
    assert OPENAI not in repr(keys_among({"OPENAI_API_KEY": OPENAI}))


def test_a_file_is_read_as_scaffolds_write_it_and_the_environment_stays(tmp_path: Path):
    before = dict(os.environ)
    path = written(
        tmp_path,
        f'\ufeff# keys\nexport OPENAI_API_KEY="{OPENAI}"\n\nGROQ_API_KEY={GROQ} # mine\nEMPTY\n',
    )

    assert read_env_file(path) == {"OPENAI_API_KEY": OPENAI, "GROQ_API_KEY": GROQ}
    assert dict(os.environ) == before


def test_an_empty_file_has_no_keys(tmp_path: Path):
    assert read_env_file(written(tmp_path, "")) == {}


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (b"\xff\xfeO\x00P\x00", "is not text in UTF-8"),
        (b"OPENAI_API_KEY=\x00\x01", "is not text in UTF-8"),
        (b"A=" + b"x" * LARGEST_BYTES, "is too big for a .env file"),
    ],
)
def test_a_bad_file_gets_a_sentence(tmp_path: Path, content: bytes, title: str):
    with pytest.raises(UserError) as bad:
        read_env_file(written(tmp_path, content))

    assert title in bad.value.title
    assert bad.value.hint
    assert bad.value.__cause__ is None


@pytest.mark.parametrize("name", ["missing.env", "."])
def test_a_file_that_is_none_gets_a_sentence(tmp_path: Path, name: str):
    with pytest.raises(UserError, match="There is no file"):
        read_env_file(tmp_path / name)


@pytest.mark.skipif(
    sys.platform != "linux", reason="a file that nobody can read, root included, is Linux's"
)
def test_a_file_that_may_not_be_read_gets_a_sentence():
    with pytest.raises(UserError, match="cannot be read"):
        read_env_file(Path("/proc/self/mem"))
