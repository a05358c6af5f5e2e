from app.domain.facts import Flagged
from app.domain.ports import FactSink
from app.runtime.mailbox import Mailbox


def fact(at: float) -> Flagged:
    return Flagged(at=at, note="")


def test_facts_may_go_into_it():
    sink: FactSink = Mailbox()

    sink.post(fact(1.0))
    sink.sample("caller", fact(2.0))


def test_facts_keep_their_order_and_samples_come_last():
    mailbox = Mailbox()
    mailbox.sample("caller", fact(0.0))
    mailbox.post(fact(1.0))
    mailbox.post(fact(2.0))

    assert [f.at for f in mailbox.drain()] == [1.0, 2.0, 0.0]
    assert mailbox.drain() == []


def test_only_the_newest_sample_of_a_key_is_kept():
    mailbox = Mailbox()
    mailbox.sample("caller", fact(1.0))
    mailbox.sample("agent", fact(2.0))
    mailbox.sample("caller", fact(3.0))

    assert [f.at for f in mailbox.drain()] == [3.0, 2.0]


def test_a_full_mailbox_keeps_what_was_first_and_counts_the_rest():
    mailbox = Mailbox(capacity=2)
    for at in (1.0, 2.0, 3.0, 4.0):
        mailbox.post(fact(at))

    assert mailbox.dropped == 2
    assert [f.at for f in mailbox.drain()] == [1.0, 2.0]

    mailbox.post(fact(5.0))
    assert [f.at for f in mailbox.drain()] == [5.0]
