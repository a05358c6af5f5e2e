import random
from threading import Thread

from app.domain.facts import Fact, Flagged
from app.domain.ports import FactSink
from app.runtime.mailbox import Mailbox


def fact(at: float, note: str = "") -> Flagged:
    return Flagged(at=at, note=note)


def test_facts_may_go_into_it():
    sink: FactSink = Mailbox().sink("a")

    sink.post(fact(1.0))
    sink.sample("caller", fact(2.0))


def test_facts_keep_their_order_and_samples_come_last():
    mailbox = Mailbox()
    sink = mailbox.sink("a")
    sink.sample("caller", fact(0.0))
    sink.post(fact(1.0))
    sink.post(fact(2.0))

    assert [f.at for f in mailbox.drain()["a"]] == [1.0, 2.0, 0.0]
    assert mailbox.drain() == {}


def test_only_the_newest_sample_of_a_key_is_kept():
    mailbox = Mailbox()
    sink = mailbox.sink("a")
    sink.sample("caller", fact(1.0))
    sink.sample("agent", fact(2.0))
    sink.sample("caller", fact(3.0))

    assert [f.at for f in mailbox.drain()["a"]] == [3.0, 2.0]


def test_a_sample_of_one_call_does_not_replace_that_of_another():
    mailbox = Mailbox()
    mailbox.sink("a").sample("caller", fact(1.0))
    mailbox.sink("b").sample("caller", fact(2.0))

    assert mailbox.drain() == {"a": [fact(1.0)], "b": [fact(2.0)]}


def test_a_call_whose_share_is_full_keeps_what_was_first_and_the_rest_is_counted():
    mailbox = Mailbox(per_call=2)
    sink = mailbox.sink("a")
    for at in (1.0, 2.0, 3.0, 4.0):
        sink.post(fact(at))

    assert mailbox.dropped == 2
    assert [f.at for f in mailbox.drain()["a"]] == [1.0, 2.0]

    sink.post(fact(5.0))
    assert [f.at for f in mailbox.drain()["a"]] == [5.0]


def test_a_call_that_floods_takes_nothing_from_another():
    mailbox = Mailbox(per_call=3)
    for at in range(100):
        mailbox.sink("flood").post(fact(at))
    mailbox.sink("quiet").post(fact(7.0))

    assert mailbox.drain()["quiet"] == [fact(7.0)]
    assert mailbox.dropped == 97


def test_all_calls_together_are_bounded():
    mailbox = Mailbox(per_call=3, capacity=4)
    for number in range(6):
        mailbox.sink("ab"[number % 2]).post(fact(number))

    assert sum(map(len, mailbox.drain().values())) == 4
    assert mailbox.dropped == 2


def test_calls_posted_from_several_threads_do_not_mix():
    mailbox = Mailbox()
    calls = [f"call-{number}" for number in range(6)]
    threads = [Thread(target=post_500, args=(mailbox.sink(call), call)) for call in calls]
    for thread in threads:
        thread.start()
    taken: dict[str, list[Fact]] = {call: [] for call in calls}
    running = True
    while running:
        running = any(thread.is_alive() for thread in threads)
        for call, facts in mailbox.drain().items():
            taken[call] += facts

    for call, facts in taken.items():
        assert {each.note for each in facts if isinstance(each, Flagged)} == {call}
        assert len({each.at for each in facts}) == 500


def post_500(sink: FactSink, call: str) -> None:
    randomly = random.Random(call)
    for number in range(500):
        sink.post(fact(number, call))
        if randomly.random() < 0.3:
            sink.sample(randomly.randrange(3), fact(number, call))
