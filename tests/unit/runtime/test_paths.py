from pathlib import Path

import pytest

from app.runtime import paths


def test_the_folders_are_this_user_s_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)

    folders = {paths.data_folder(), paths.state_folder(), paths.config_folder()}

    assert all(folder.is_relative_to(tmp_path) for folder in folders)
    assert {folder.name for folder in folders} == {"greenroom"}
    assert len(folders) == 3


def test_a_private_folder_is_made_with_all_above_it(tmp_path: Path):
    folder = paths.private(tmp_path / "a" / "b")

    assert folder.is_dir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert paths.private(folder) == folder


def test_agents_stand_with_what_the_user_has_set_up():
    assert paths.agents_folder().parent == paths.config_folder()
