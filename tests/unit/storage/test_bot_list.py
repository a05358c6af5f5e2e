import json
from pathlib import Path

import pytest

from app.domain.bot_files import BotFile, Isolation
from app.domain.errors import UsageError, UserError
from app.storage.bot_list import FILE, BotList

DESK = BotFile(
    id="desk",
    name="Desk “B”",
    path=Path("/home/me/desk/server/bot.py"),
    sha256="ab" * 32,
    isolation=Isolation.ISOLATED,
    greets_after_s=None,
    keys=("OPENAI_API_KEY",),
)
PLAIN = BotFile(id="plain", name="Plain", path=Path("/home/me/bot.py"), sha256="")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "config" / "agents"


@pytest.fixture
def bots(folder: Path) -> BotList:
    return BotList(folder)


def damaged(folder: Path, content: str | bytes) -> BotList:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(content if isinstance(content, bytes) else content.encode())
    return BotList(folder)


def test_bots_are_kept_as_they_are(bots: BotList, folder: Path):
    assert bots.all() == ()
    assert not folder.exists()

    bots.put(DESK)
    bots.put(PLAIN)

    assert BotList(folder).all() == (DESK, PLAIN)
    assert bots.find("plain") == bots.known("plain") == PLAIN
    assert bots.known("other") is None
    assert bots.ids() == ("desk", "plain")


def test_a_consent_is_for_one_content(bots: BotList):
    bots.put(PLAIN)

    assert bots.consent("plain", "cd" * 32).sha256 == "cd" * 32
    assert bots.consent("plain", "ef" * 32) == bots.find("plain")
    assert bots.find("plain").sha256 == "ef" * 32


def test_how_a_bot_is_run_can_be_set_and_it_can_be_forgotten(bots: BotList):
    bots.put(PLAIN)
    bots.put(DESK)

    bots.set_run("plain", isolation=Isolation.IN_PROCESS, greets_after_s=2.5)

    assert bots.all()[0].isolation is Isolation.IN_PROCESS
    assert bots.all()[0].greets_after_s == 2.5
    bots.forget("plain")
    assert bots.all() == (DESK,)
    with pytest.raises(UsageError, match="no bot file called"):
        bots.forget("plain")


ENTRY = {"id": "a", "name": "A", "path": "/a/bot.py"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "the file"),
        (b"\xff\xfe\x00", "the file"),
        ("{", "the file"),
        ('{"schema": 1, "bots": [', "the file"),
        (json.dumps({"schema": 1, "bots": [ENTRY, ENTRY]}), "is there twice"),
        (json.dumps({"schema": 1, "bots": [{**ENTRY, "sha256": "zz"}]}), "bots.0.sha256"),
        (json.dumps({"schema": 1, "bots": [{**ENTRY, "greets_after_s": -1}]}), "greets_after_s"),
        (json.dumps({"schema": 1, "bots": [{**ENTRY, "isolation": "none"}]}), "isolation"),
        (json.dumps({"schema": 1, "bots": [{**ENTRY, "keys": ["a b"]}]}), "bots.0.keys.0"),
        (json.dumps({"schema": 1, "bots": [{**ENTRY, "more": 1}]}), "bots.0.more"),
        ("[" * 100_000, "the file"),
        ("x" * (1 << 20) + "x", "larger than"),
    ],
)
def test_a_damaged_list_gets_a_sentence_once_and_is_kept_aside(
    folder: Path, content: str | bytes, why: str
):
    bots = damaged(folder, content)
    assert bots.ids() == ()
    assert bots.known("a") is None

    with pytest.raises(UserError, match="is damaged") as refused:
        bots.all()

    assert why in refused.value.title
    assert "bots.damaged.json" in refused.value.hint
    aside = (folder / "bots.damaged.json").read_bytes()
    assert aside == (content if isinstance(content, bytes) else content.encode())
    assert bots.all() == ()
    bots.put(PLAIN)
    damaged(folder, content)
    with pytest.raises(UserError, match="is damaged"):
        bots.all()
    assert (folder / "bots.damaged-2.json").exists()


def test_a_list_of_a_newer_greenroom_stays_where_it_is(folder: Path):
    content = json.dumps({"schema": 2, "bots": []})

    with pytest.raises(UserError, match="newer Greenroom"):
        damaged(folder, content).all()

    assert BotList(folder).ids() == ()
    assert (folder / FILE).read_text() == content
