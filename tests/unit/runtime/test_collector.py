import gc
from collections.abc import Iterator

import pytest

from app.runtime import collector


@pytest.fixture(autouse=True)
def collecting_again() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_collected_while_paused() -> None:
    collector.pause()

    assert not gc.isenabled()


def test_what_is_there_when_it_settles_is_left_out_of_later_passes() -> None:
    collector.pause()

    collector.settle()

    assert gc.isenabled()
    assert gc.get_freeze_count() > 1000
