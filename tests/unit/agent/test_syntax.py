import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.agent.syntax import parse, parse_expression

SOURCE = "def f(x):\n    return [" + ", ".join(f"x + {n} * (x - {n})" for n in range(200)) + "]\n"


class Garbage:
    """A cycle whose end runs Python, so that a collection in the middle of a parse lets other threads run."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        sum(range(20))


@pytest.fixture
def busy_collector() -> Iterator[None]:
    interval_s, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(20, 2, 2)
    yield
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval_s)


@pytest.mark.usefixtures("busy_collector")
def test_many_threads_read_at_once():
    def read(source: str) -> int:
        Garbage()
        return len(parse(source).body)

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(read, [SOURCE] * 100)) == {1}


def test_an_expression_is_read_alone():
    assert parse_expression("a.b").lineno == 1
