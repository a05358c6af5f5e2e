from threading import Thread

from app.media.pcm_ring import PcmRing


def samples(first: int, count: int) -> bytes:
    return b"".join(n.to_bytes(2, "little") for n in range(first, first + count))


def test_gives_back_in_order() -> None:
    ring = PcmRing(100)
    ring.write(samples(0, 10))
    ring.write(samples(10, 10))

    assert ring.read(15) == samples(0, 15)
    assert ring.read(5) == samples(15, 5)
    assert len(ring) == 0


def test_takes_nothing_while_there_is_too_little() -> None:
    ring = PcmRing(100)
    ring.write(samples(0, 9))

    assert ring.read(10) is None
    assert len(ring) == 9
    assert ring.read_up_to(10) == samples(0, 9)
    assert ring.read_up_to(10) == b""


def test_drops_the_oldest_and_counts() -> None:
    ring = PcmRing(10)

    ring.write(samples(0, 8))
    ring.write(samples(8, 8))

    assert ring.dropped == 6
    assert ring.read(10) == samples(6, 10)


def test_serves_two_threads() -> None:
    ring = PcmRing(1_000_000)
    writer = Thread(target=lambda: [ring.write(samples(n * 10, 10)) for n in range(2000)])
    writer.start()

    taken = b""
    while len(taken) < 2 * 20_000:
        taken += ring.read_up_to(7)
    writer.join()

    assert taken == samples(0, 20_000)


def test_lets_go_of_all_it_holds() -> None:
    ring = PcmRing(100)
    ring.write(samples(0, 10))

    ring.clear()

    assert len(ring) == 0
    assert ring.read_up_to(10) == b""
    assert ring.dropped == 0
