import logging
from pathlib import Path

import pytest

from app.domain.errors import UserError
from app.storage.lk_config import FoundAccess, found_in_environment, found_in_lk

CONFIG = """\
default_project: staging
default_user: ""
projects:
    - name: staging
      project_id: p_123
      url: https://staging.example.org
      api_key: APIstaging
      api_secret: canary-secret-of-staging
    - name: demo
      project_id: ""
      url: wss://demo-x1.livekit.cloud
      api_key: APIdemo
      api_secret: canary-secret-of-demo
users: []
device_name: laptop
theme: dark
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cli-config.yaml"


def test_finds_the_projects_of_lk(file: Path) -> None:
    file.write_text(CONFIG)

    staging, demo = found_in_lk(file)

    assert staging == FoundAccess(
        "staging",
        "wss://staging.example.org",
        "APIstaging",
        "canary-secret-of-staging",
        str(file),
    )
    assert demo.url == "wss://demo-x1.livekit.cloud"
    assert "canary" not in repr((staging, demo))


@pytest.mark.parametrize("content", [None, "", "theme: dark\n", "projects:\n", "projects: []\n"])
def test_finds_nothing_where_nothing_is(file: Path, content: str | None) -> None:
    if content is not None:
        file.write_text(content)

    assert found_in_lk(file) == ()


@pytest.mark.parametrize(
    "content",
    [
        "projects: [",
        "projects: 5",
        "- a\n- b",
        "[" * 100_000,
        "projects: !!python/object/apply:os.system [ls]",
        "x" * (256 * 1024 + 1),
    ],
)
def test_says_that_a_file_is_none_of_lk(file: Path, content: str) -> None:
    file.write_text(content)

    with pytest.raises(UserError, match="is not a configuration of lk"):
        found_in_lk(file)


def test_says_that_a_file_cannot_be_read(file: Path) -> None:
    file.mkdir()

    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        found_in_lk(file)


def test_leaves_out_what_cannot_be_used_and_says_so_without_the_secret(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(
        "projects:\n"
        "- 5\n"
        "- {name: nokey, url: wss://a.example}\n"
        "- {name: odd, url: [], api_key: 7, api_secret: {}}\n"
        "- {name: bad, url: 'wss://u:canary@b.example', api_key: k, api_secret: canary}\n"
        "- {name: good, url: wss://c.example, api_key: k, api_secret: s}\n"
    )

    with caplog.at_level(logging.WARNING):
        found = found_in_lk(file)

    assert [each.name for each in found] == ["good"]
    assert "no user and no password" in caplog.text
    assert "canary" not in caplog.text


def test_finds_the_server_of_the_environment() -> None:
    environment = {
        "LIVEKIT_URL": "https://demo-x1.livekit.cloud",
        "LIVEKIT_API_KEY": "APIdemo",
        "LIVEKIT_API_SECRET": "canary",
    }

    (found,) = found_in_environment(environment)

    assert found.name == "demo-x1"
    assert found.url == "wss://demo-x1.livekit.cloud"
    assert (found.api_key, found.source) == ("APIdemo", "LIVEKIT_URL")


@pytest.mark.parametrize("lacking", ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"])
def test_an_environment_that_says_half_of_it_says_nothing(lacking: str) -> None:
    environment = {
        "LIVEKIT_URL": "wss://a.example",
        "LIVEKIT_API_KEY": "k",
        "LIVEKIT_API_SECRET": "s",
    }
    del environment[lacking]

    assert found_in_environment(environment) == ()
