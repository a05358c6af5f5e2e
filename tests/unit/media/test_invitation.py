"""Who a link lets in, and until when."""

from aiohttp import web

from app.domain.access import ServerAccess
from app.media.invitation import EXPLAIN_S, LINK_LIFE_S, RETURN_S, Invitation, Refusal
from tests.support.hand_clock import HandClock

SERVER = ServerAccess("ws://127.0.0.1:1", "KEY", "x" * 48)


def invitation(clock: HandClock) -> Invitation:
    return Invitation(SERVER, "library", clock)


def test_a_ticket_lets_in_for_ten_minutes():
    clock = HandClock()
    link = invitation(clock)

    assert link.expires_at - clock.now() == LINK_LIFE_S == 600.0
    assert link.refusal(link.ticket) is None
    clock.pass_s(599.9)
    assert link.refusal(link.ticket) is None
    clock.pass_s(0.1)
    assert link.refusal(link.ticket) is Refusal.EXPIRED


def test_another_ticket_does_not_let_in():
    link = invitation(HandClock())

    for wrong in ("", link.ticket[:-1], invitation(HandClock()).ticket, "é" * 43):
        assert link.refusal(wrong) is Refusal.UNKNOWN


def test_who_guesses_does_not_hear_that_a_link_was_revoked():
    link = invitation(HandClock())
    link.revoked = True

    assert link.refusal("guess") is Refusal.UNKNOWN
    assert link.refusal(link.ticket) is Refusal.REVOKED


def test_no_two_links_share_anything():
    links = [invitation(HandClock()) for _ in range(50)]

    for part in ("path", "ticket", "identity"):
        assert len({getattr(link, part) for link in links}) == 50
    assert all(len(link.ticket) >= 43 for link in links)


def test_only_the_pass_of_who_joined_last_opens_a_connection():
    link = invitation(HandClock())
    assert link.refusal_of_pass("") is Refusal.REPLACED

    first = link.admit()
    assert link.refusal_of_pass(first) is None
    second = link.admit()

    assert link.refusal_of_pass(first) is Refusal.REPLACED
    assert link.refusal_of_pass(second) is None
    assert link.refusal_of_pass(link.ticket) is Refusal.REPLACED


def test_who_is_inside_may_come_back_after_the_link_has_expired():
    clock = HandClock()
    link, guest = invitation(clock), web.WebSocketResponse()
    held = link.admit()
    link.came(guest)
    clock.pass_s(LINK_LIFE_S + 3600)

    assert link.refusal(link.ticket) is Refusal.EXPIRED
    assert link.refusal_of_pass(held) is None
    link.went(guest)
    clock.pass_s(RETURN_S - 0.1)
    assert link.refusal_of_pass(held) is None
    clock.pass_s(0.1)
    assert link.refusal_of_pass(held) is Refusal.EXPIRED


def test_nobody_may_come_back_after_a_revocation():
    link = invitation(HandClock())
    held = link.admit()

    link.revoked = True

    assert link.refusal_of_pass(held) is Refusal.REVOKED


def test_is_over_once_nobody_is_inside_or_has_to_hear_why_it_is():
    clock = HandClock()
    link, guest = invitation(clock), web.WebSocketResponse()
    link.admit()
    link.came(guest)
    clock.pass_s(LINK_LIFE_S + EXPLAIN_S)
    assert not link.over
    link.went(guest)
    assert not link.over
    clock.pass_s(RETURN_S)
    assert link.over

    revoked = invitation(clock)
    revoked.revoked = True
    assert revoked.over
