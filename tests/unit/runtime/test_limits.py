import resource
from collections.abc import Generator

import pytest

from app.runtime.limits import OPEN_FILES, raise_open_files


@pytest.fixture(autouse=True)
def limits_put_back() -> Generator[None]:
    put, before = resource.setrlimit, resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    put(resource.RLIMIT_NOFILE, before)


def set_soft(soft: int) -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return hard


def test_a_low_limit_is_raised():
    hard = set_soft(256)

    assert raise_open_files(512) == 512
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (512, hard)


def test_a_high_limit_is_left_alone():
    set_soft(1024)

    assert raise_open_files(512) == 1024
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 1024


@pytest.mark.parametrize(
    ("soft", "hard", "raised_to"),
    [
        (256, 4096, 4096),
        (256, resource.RLIM_INFINITY, OPEN_FILES),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, resource.RLIM_INFINITY),
    ],
)
def test_it_is_raised_as_far_as_it_may(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, raised_to: int
):
    limits = (soft, hard)

    def get(_: int) -> tuple[int, int]:
        return limits

    def put(_: int, new: tuple[int, int]) -> None:
        nonlocal limits
        limits = new

    monkeypatch.setattr(resource, "getrlimit", get)
    monkeypatch.setattr(resource, "setrlimit", put)

    assert raise_open_files() == raised_to
    assert limits == (raised_to, hard)
