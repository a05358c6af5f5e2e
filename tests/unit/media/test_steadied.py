import pytest

from app.media.steadied import Steadied


def steadied(fetched: list[float]) -> list[float]:
    """When the blocks were there that were fetched at these times."""
    there: list[float] = []
    taker = Steadied[int](lambda _, at: there.append(at))
    for number, at in enumerate(fetched):
        taker.take(number, at)
    taker.flush()
    return there


def test_blocks_fetched_in_time_keep_their_times() -> None:
    fetched = [100.0 + number / 100 for number in range(30)]

    assert steadied(fetched) == pytest.approx(fetched, abs=1e-9)


def test_blocks_that_piled_up_were_there_ten_milliseconds_apart() -> None:
    in_time = [100.0 + number / 100 for number in range(30)]
    piled_up = [max(at, 100.15) if at > 100.05 else at for at in in_time]

    assert steadied(piled_up) == pytest.approx(in_time, abs=1e-9)


def test_a_stall_of_the_sender_is_no_pile() -> None:
    fetched = [100.0 + number / 100 + (0.2 if number >= 10 else 0.0) for number in range(30)]

    assert steadied(fetched) == pytest.approx(fetched, abs=1e-9)


def test_keeps_the_order_and_loses_nothing() -> None:
    passed: list[int] = []
    taker = Steadied[int](lambda block, _: passed.append(block))

    for number in range(25):
        taker.take(number, float(number))
    assert passed == list(range(15))
    taker.flush()

    assert passed == list(range(25))
