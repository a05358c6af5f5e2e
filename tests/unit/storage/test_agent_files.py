import os
import stat
from pathlib import Path

import pytest

from app.agent.preset_text import name_in, renamed
from app.domain.errors import UsageError, UserError
from app.storage.agent_files import MAX_BYTES, AgentFiles, PresetFile, id_for

LIBRARY = "# of the library\nname: Library  # its name\ninstructions: Be brief.\n"


@pytest.fixture
def shipped(tmp_path: Path) -> dict[str, Path]:
    path = tmp_path / "shipped" / "local.yaml"
    path.parent.mkdir()
    path.write_text(LIBRARY, encoding="utf-8")
    path.chmod(0o444)
    return {"local": path}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "config" / "agents"


@pytest.fixture
def files(folder: Path, shipped: dict[str, Path]) -> AgentFiles:
    return AgentFiles(
        folder, shipped, name_of=name_in, renamed=renamed, taken=lambda: ["desk", "Bot"]
    )


def test_at_first_there_are_the_shipped_ones_and_no_folder(
    files: AgentFiles, folder: Path, shipped: dict[str, Path]
):
    assert files.all() == (PresetFile("local", shipped["local"], shipped=True),)
    assert files.text_of("local") == LIBRARY
    assert not folder.exists()


def test_saving_a_shipped_one_makes_a_copy_of_another_name(
    files: AgentFiles, folder: Path, shipped: dict[str, Path]
):
    edited = LIBRARY.replace("brief", "kind")

    copied = files.save("local", edited)

    assert copied == "local-2"
    assert files.text_of("local-2") == edited.replace("name: Library", "name: Library 2")
    assert shipped["local"].read_text(encoding="utf-8") == LIBRARY
    assert files.find("local").shipped
    assert files.save("local", LIBRARY.replace("Library", "Mine")) == "local-3"
    assert name_in(files.text_of("local-3")) == "Mine"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("text", ["", "name: [", "name: Library\nname: Twice", "\x07", "a: &b 1"])
def test_a_wrong_text_is_saved_all_the_same(files: AgentFiles, text: str):
    copied = files.save("local", text)
    assert files.text_of(copied) == text

    mine = files.new("Front desk", "local")
    files.save(mine, text)
    assert files.text_of(mine) == text


def test_a_new_one_gets_its_id_from_its_name(files: AgentFiles):
    assert files.new("Front desk, Zürich", "local") == "front-desk-zurich"
    assert files.new("Desk", "local") == "desk-2"
    assert files.new("Bot", "local") == "bot-2"
    assert files.new("Local", "local") == "local-2"
    assert name_in(files.text_of("desk-2")) == "Desk"
    assert "# of the library\nname: Desk  # its name" in files.text_of("desk-2")
    assert name_in(files.text_of(files.new("Desk", "desk-2"))) == "Desk 2"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("日本語", "agent"),
        ("..", "agent"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con-agent"),
        ("a" * 99, "a" * 40),
        ("Ünïcode_Name 2", "unicode-name-2"),
    ],
)
def test_an_id_is_a_harmless_file_name(name: str, expected: str):
    assert id_for(name) == expected


def test_saving_keeps_the_mode_a_link_and_the_line_ends(files: AgentFiles, folder: Path):
    mine = files.new("Mine", "local")
    target = folder.parent / "elsewhere.txt"
    (folder / f"{mine}.yaml").rename(target)
    target.write_bytes(b"name: A\r\n")
    target.chmod(0o640)
    (folder / f"{mine}.yaml").symlink_to(target)

    files.save(mine, "name: B\nx: y\n")

    assert target.read_bytes() == b"name: B\r\nx: y\r\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert (folder / f"{mine}.yaml").is_symlink()
    assert sorted(path.name for path in folder.iterdir()) == ["mine.yaml"]


def test_what_is_removed_is_kept_aside(files: AgentFiles, folder: Path):
    for text in ("name: One\n", "name: Two\n"):
        mine = files.new("Mine", "local")
        files.save(mine, text)
        aside = files.remove(mine)
        assert aside.read_text(encoding="utf-8") == text

    names = sorted(path.name for path in (folder / "removed").iterdir())
    assert names == ["mine-2.yaml", "mine.yaml"]
    assert [preset.id for preset in files.all()] == ["local"]
    with pytest.raises(UsageError, match="came with Greenroom"):
        files.remove("local")


def test_files_of_other_programs_are_listed_and_half_written_ones_are_not(
    files: AgentFiles, folder: Path
):
    folder.mkdir(parents=True)
    for name in ("Mein Büro.yaml", ".hidden.yaml", "note.txt", "local.yaml"):
        (folder / name).write_text("name: X\n", encoding="utf-8")
    (folder / "folder.yaml").mkdir()

    assert [(preset.id, preset.shipped) for preset in files.all()] == [
        ("Mein Büro", False),
        ("local", False),
    ]
    assert files.save("local", "name: Y\n") == "local"


def test_what_cannot_be_read_or_written_gets_a_sentence(
    files: AgentFiles, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    folder.mkdir(parents=True)
    (folder / "latin.yaml").write_bytes(b"name: x\ngreeting: caf\xe9\n")
    (folder / "huge.yaml").write_bytes(b"x" * (MAX_BYTES + 1))

    with pytest.raises(UserError, match=r"latin\.yaml, line 2: is not UTF-8"):
        files.text_of("latin")
    with pytest.raises(UserError, match="larger than 256 kB"):
        files.text_of("huge")
    with pytest.raises(UsageError, match="no preset called") as unknown:
        files.text_of("../config/secret")
    assert "local" in unknown.value.hint

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    mine = files.new("Mine", "local")
    before = files.text_of(mine)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="cannot be written: No space left"):
        files.save(mine, "name: lost?\n")
    monkeypatch.undo()
    assert files.text_of(mine) == before


def test_a_folder_that_is_a_file_gets_a_sentence(files: AgentFiles, folder: Path):
    folder.parent.mkdir(parents=True)
    folder.write_text("")

    with pytest.raises(UserError, match="cannot be read"):
        files.all()


def test_a_text_without_a_preset_gets_a_file_among_the_removed_ones(
    files: AgentFiles, folder: Path
):
    one, other = files.put_aside("gone", LIBRARY), files.put_aside("gone", "name: [")

    assert one == folder / "removed" / "gone.yaml"
    assert one.read_text(encoding="utf-8") == LIBRARY
    assert other == folder / "removed" / "gone-2.yaml"
    assert [preset.id for preset in files.all()] == ["local"]
