from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.domain.keys import KeyTest, Verdict
from app.storage.key_tests import KeyTestFile

WORKS = KeyTest(1.5, Verdict.WORKS, "Works.", 212.4)
REJECTED = KeyTest(2.5, Verdict.REJECTED, "Rejected.")


def test_the_last_test_of_each_provider_is_remembered(tmp_path: Path):
    path = tmp_path / "state" / "tests.json"
    KeyTestFile(path).note("openai", REJECTED)
    KeyTestFile(path).note("groq", WORKS)
    KeyTestFile(path).note("openai", WORKS)

    assert KeyTestFile(path).read() == {"openai": WORKS, "groq": WORKS}
    assert [file.name for file in path.parent.iterdir()] == ["tests.json"]


def test_the_test_of_a_key_that_is_no_more_is_forgotten(tmp_path: Path):
    tests = KeyTestFile(tmp_path / "tests.json")
    tests.forget("openai")
    tests.note("openai", WORKS)

    tests.forget("openai")

    assert tests.read() == {}


def test_tests_that_end_together_are_all_remembered(tmp_path: Path):
    tests = KeyTestFile(tmp_path / "tests.json")
    names = [f"provider-{number}" for number in range(40)]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(tests.note, names, [WORKS] * len(names)))

    assert tests.read() == dict.fromkeys(names, WORKS)


@pytest.mark.parametrize("content", ["", "nonsense", "[]", '{"openai": {"verdict": "?"}}'])
def test_a_damaged_file_is_an_empty_one(tmp_path: Path, content: str):
    path = tmp_path / "tests.json"
    path.write_text(content)
    tests = KeyTestFile(path)

    assert tests.read() == {}
    tests.note("openai", WORKS)
    assert tests.read() == {"openai": WORKS}


def test_a_folder_that_cannot_be_written_gets_a_sentence(tmp_path: Path):
    (tmp_path / "state").write_text("in the way")

    with pytest.raises(UserError, match="cannot be written"):
        KeyTestFile(tmp_path / "state" / "tests.json").note("openai", WORKS)
