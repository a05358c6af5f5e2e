"""What was edited and not saved, on the disk."""

import logging
import stat
from pathlib import Path

import pytest

from app.domain.agent_desk import KeptDraft, content_of
from app.domain.errors import UserError
from app.runtime.redaction import MASK, Redactor
from app.storage.drafts import Drafts

BEGUN = content_of("name: Library\n")
DRAFT = KeptDraft("name: Library\ngreeting: “Hé 𐍈”\n# Not saved yet.\n", BEGUN)


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(tmp_path / "state" / "drafts", Redactor().redact)


def test_what_is_kept_comes_back_to_the_letter(drafts: Drafts, tmp_path: Path) -> None:
    assert drafts.all() == {}
    empty = KeptDraft("", BEGUN)
    drafts.keep("front desk", KeptDraft("name: [", BEGUN))
    drafts.keep("front desk", empty)
    drafts.keep("library", DRAFT)
    odd = KeptDraft("a: \ud83d half\n", BEGUN)
    drafts.keep("odd", odd)

    assert drafts.all() == {"front desk": empty, "library": DRAFT, "odd": odd}
    drafts.forget("front desk")
    drafts.forget("front desk")
    assert list(drafts.all()) == ["library", "odd"]
    path = tmp_path / "state" / "drafts" / "library.yaml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text("utf-8").endswith(DRAFT.text)


def test_no_secret_is_written_and_that_is_remembered(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.register("my-own-secret-value")
    drafts = Drafts(tmp_path, redactor.redact)
    key = "sk-proj-0123456789abcdefghij"

    drafts.keep("library", KeptDraft(f"a: my-own-secret-value\nb: {key}\n", BEGUN))

    kept = drafts.all()["library"]
    assert kept == KeptDraft(f"a: {MASK}\nb: {MASK}\n", BEGUN, masked=True)
    assert key not in (tmp_path / "library.yaml").read_text("utf-8")
    drafts.keep("library", kept)
    assert drafts.all()["library"].masked


@pytest.mark.parametrize("content", [b"", b"name: Library\n", b"\xff\xfe", b"# Not saved yet.\n"])
def test_what_is_no_draft_is_left_alone(
    drafts: Drafts, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    drafts.keep("library", DRAFT)
    other = tmp_path / "state" / "drafts" / "other.yaml"
    other.write_bytes(content)

    with caplog.at_level(logging.WARNING):
        assert drafts.all() == {"library": DRAFT}

    assert other.read_bytes() == content
    assert "other.yaml" in caplog.text


def test_what_cannot_be_removed_is_said_and_not_read(drafts: Drafts, tmp_path: Path) -> None:
    (tmp_path / "state" / "drafts" / "library.yaml").mkdir(parents=True)
    assert drafts.all() == {}
    with pytest.raises(UserError, match="cannot be removed"):
        drafts.forget("library")


def test_where_nothing_can_be_written_it_says_so(drafts: Drafts, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(UserError, match="What is not saved cannot be kept"):
        drafts.keep("library", DRAFT)
    with pytest.raises(UserError, match="cannot be read"):
        drafts.all()
