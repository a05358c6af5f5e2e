"""Every provider against every behaviour of a host that stands for it, over real sockets."""

import asyncio
import base64
import email.utils
import logging
import socket
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from app.agent import key_check
from app.agent.key_check import check_key, hosts_from
from app.agent.key_recipes import RECIPES
from app.domain.errors import UsageError
from app.domain.keys import KeyTest, Verdict
from app.domain.providers import PROVIDERS, Provider, provider
from app.media.self_signed import server_context
from app.runtime.clock import AnchoredClock
from tests.support import provider_host
from tests.support.provider_answers import ANSWERS
from tests.support.provider_host import GOOD_KEY, Behaviour, ProviderHost, says, says_text

CANARY = "canary-XuZ8+q/7Jr=_k3y-0f-the-tests"
SHORT_S = 0.2
CLOCK = AnchoredClock()

every_provider = pytest.mark.parametrize("tested", PROVIDERS, ids=lambda each: each.id)


def error(status: int, message: str, code: str = "") -> Behaviour:
    return says(status, {"error": {"message": message, "code": code}})


BEHAVIOURS: dict[str, tuple[Behaviour, Verdict]] = {
    "401": (error(401, "Unauthorized"), Verdict.REJECTED),
    "401 without a body": (says_text(401, ""), Verdict.REJECTED),
    "403": (error(403, "Forbidden"), Verdict.REJECTED),
    "402": (error(402, "Payment Required"), Verdict.NO_CREDIT),
    "429": (provider_host.rate_limits(), Verdict.RATE_LIMITED),
    "429 for want of credit": (
        error(429, "You exceeded it.", "insufficient_quota"),
        Verdict.NO_CREDIT,
    ),
    "451": (error(451, "Unavailable for legal reasons"), Verdict.WRONG_REGION),
    "404": (error(404, "Not found"), Verdict.STRANGE),
    "400": (error(400, "Bad request"), Verdict.STRANGE),
    "500": (provider_host.SERVER_ERROR, Verdict.PROVIDER_FAILED),
    "502 as a web page": (
        says_text(502, "<html>Bad gateway</html>", "text/html"),
        Verdict.PROVIDER_FAILED,
    ),
    "529": (error(529, "Overloaded"), Verdict.PROVIDER_FAILED),
    "a stall": (provider_host.stalls, Verdict.UNANSWERED),
    "a stall in the body": (provider_host.stalls_in_the_body, Verdict.UNANSWERED),
    "a dropped socket": (provider_host.drops, Verdict.UNANSWERED),
    "a socket dropped in the body": (provider_host.drops_in_the_body, Verdict.UNANSWERED),
    "no HTTP": (provider_host.garbles, Verdict.STRANGE),
    "no JSON": (says_text(200, "ok", "application/json"), Verdict.STRANGE),
    "JSON that is no answer": (says(200, "ok"), Verdict.STRANGE),
    "JSON without an end": (says_text(200, "[" * 200_000, "application/json"), Verdict.STRANGE),
    "a web page": (provider_host.WEB_PAGE, Verdict.STRANGE),
    "a refusal as a web page": (
        says_text(403, "<html>blocked</html>", "text/html"),
        Verdict.STRANGE,
    ),
    "a redirect": (provider_host.redirects("https://example.org/"), Verdict.STRANGE),
    "the key echoed": (provider_host.echoes_the_key, Verdict.REJECTED),
}


@pytest.fixture(scope="module")
def running() -> Iterator[ProviderHost]:
    with ProviderHost() as host:
        yield host


@pytest.fixture
def host(running: ProviderHost) -> ProviderHost:
    running.reset()
    return running


async def asked(
    host: ProviderHost, tested: Provider, key: str = CANARY, deadline_s: float = SHORT_S
) -> KeyTest:
    return await check_key(tested, key, CLOCK, hosts=host.hosts(), deadline_s=deadline_s)


def forms_of(key: str) -> tuple[str, ...]:
    return (key, quote(key, safe=""), base64.b64encode(key.encode()).decode().rstrip("="))


def test_every_provider_has_a_recipe_and_a_stand_in() -> None:
    ids = [each.id for each in PROVIDERS]

    assert list(RECIPES) == ids
    assert list(ANSWERS) == ids


def test_keys_travel_in_a_header_over_tls_alone() -> None:
    for recipe in RECIPES.values():
        assert recipe.host.startswith("https://")
        assert recipe.header.lower() in {
            "authorization", "x-api-key", "xi-api-key", "x-gladia-key", "x-goog-api-key", "x-hume-api-key"
        }  # fmt: skip


@every_provider
async def test_a_good_key_works_and_its_round_trip_is_known(
    host: ProviderHost, tested: Provider
) -> None:
    before = CLOCK.now()

    test = await asked(host, tested, GOOD_KEY, deadline_s=5)

    assert (test.verdict, test.at >= before) == (Verdict.WORKS, True), test.sentence
    assert test.round_trip_ms is not None
    assert 0 < test.round_trip_ms < 5000
    assert test.sentence.endswith(" ms.")


@every_provider
async def test_a_key_that_the_provider_does_not_know_is_rejected(
    host: ProviderHost, tested: Provider
) -> None:
    test = await asked(host, tested, deadline_s=5)

    assert test.verdict is Verdict.REJECTED, test.sentence
    assert test.round_trip_ms is None


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@every_provider
async def test_each_answer_becomes_a_sentence_that_holds_nothing_of_the_key(
    host: ProviderHost, tested: Provider, behaviour: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    behaves, verdict = BEHAVIOURS[behaviour]
    host.set(tested.id, behaves)
    quick = verdict is Verdict.UNANSWERED and "stall" in behaviour

    test = await asked(host, tested, deadline_s=SHORT_S if quick else 5)

    assert test.verdict is verdict, test.sentence
    assert test.sentence.endswith(".")
    shown = f"{test!r} {test.sentence} {caplog.text} {[record.args for record in caplog.records]}"
    assert not [form for form in forms_of(CANARY) if form in shown]
    assert any(CANARY in value for each in host.seen() for value in each.headers.values())


@pytest.mark.parametrize(
    ("provider_id", "behaviour", "verdict", "part"),
    [
        ("openai", error(401, "x", "invalid_api_key"), Verdict.REJECTED, "does not know this key"),
        (
            "openai",
            error(401, "Your account was deactivated."),
            Verdict.REJECTED,
            "revoked or disabled",
        ),
        (
            "openai",
            error(401, "This key has been revoked."),
            Verdict.REJECTED,
            "revoked or disabled",
        ),
        (
            "google",
            error(400, "API key expired.", "API_KEY_INVALID"),
            Verdict.REJECTED,
            "has expired",
        ),
        (
            "openai",
            error(403, "You have insufficient permissions. Missing scopes: api.model.read."),
            Verdict.REJECTED,
            "more permissions",
        ),
        (
            "elevenlabs",
            says(401, {"detail": {"status": "missing_permissions"}}),
            Verdict.REJECTED,
            "more permissions",
        ),
        (
            "elevenlabs",
            says(401, {"detail": {"status": "quota_exceeded"}}),
            Verdict.NO_CREDIT,
            "Top the account",
        ),
        (
            "google",
            error(403, "It is disabled.", "SERVICE_DISABLED"),
            Verdict.REJECTED,
            "more permissions",
        ),
        (
            "anthropic",
            error(400, "Your credit balance is too low."),
            Verdict.NO_CREDIT,
            "Top the account up",
        ),
        (
            "xai",
            error(403, "Your team has used all available credits."),
            Verdict.NO_CREDIT,
            "No credit left",
        ),
        (
            "google",
            error(429, "Quota exceeded: requests per minute"),
            Verdict.RATE_LIMITED,
            "asks to wait.",
        ),
        (
            "google",
            error(400, "User location is not supported for the API use.", "FAILED_PRECONDITION"),
            Verdict.WRONG_REGION,
            "region of the account",
        ),
        (
            "openai",
            error(403, "x", "unsupported_country_region_territory"),
            Verdict.WRONG_REGION,
            "from here",
        ),
        ("openai", error(401, "x", "incorrect_hostname"), Verdict.WRONG_REGION, "from here"),
        (
            "deepseek",
            says(200, {"is_available": False}),
            Verdict.NO_CREDIT,
            "No credit left at DeepSeek",
        ),
        ("fish", says(200, {"credit": "0.00"}), Verdict.NO_CREDIT, "No credit left at Fish Audio"),
        (
            "openrouter",
            says(200, {"data": {"limit_remaining": 0}}),
            Verdict.NO_CREDIT,
            "raise its limit",
        ),
        ("openrouter", says(200, {"data": {"limit_remaining": None}}), Verdict.WORKS, "Works"),
        ("xai", says(200, {"api_key_disabled": True}), Verdict.REJECTED, "revoked or disabled"),
    ],
)
async def test_what_a_provider_says_of_a_key_is_told_apart(
    host: ProviderHost, provider_id: str, behaviour: Behaviour, verdict: Verdict, part: str
) -> None:
    host.set(provider_id, behaviour)

    test = await asked(host, provider(provider_id), deadline_s=5)

    assert (test.verdict, part in test.sentence) == (verdict, True), test.sentence


@pytest.mark.parametrize(
    ("retry_after", "said"),
    [
        ("7", "wait 7 s."),
        ("600", "wait 10 min."),
        ("", "wait."),
        ("soon", "wait."),
        ("9" * 400, "wait 1440 min."),
        ("Mon, 01 Jan 2001 00:00:00 GMT", "wait 0 s."),
    ],
)
async def test_retry_after_is_told(host: ProviderHost, retry_after: str, said: str) -> None:
    host.set("groq", provider_host.rate_limits(retry_after))

    test = await asked(host, provider("groq"), deadline_s=5)

    assert (test.verdict, said in test.sentence) == (Verdict.RATE_LIMITED, True), test.sentence


async def test_retry_after_may_be_a_date(host: ProviderHost) -> None:
    host.set(
        "groq", provider_host.rate_limits(email.utils.formatdate(CLOCK.now() + 3600, usegmt=True))
    )

    test = await asked(host, provider("groq"), deadline_s=5)

    assert "wait 60 min." in test.sentence


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_never_takes_the_key_along(host: ProviderHost, status: int) -> None:
    with ProviderHost() as elsewhere:
        host.set("openai", says(status, {}, {"Location": f"{elsewhere.address}/openai/v1/models"}))

        test = await asked(host, provider("openai"), deadline_s=5)

        assert elsewhere.seen() == []
    assert test.verdict is Verdict.STRANGE
    assert "127.0.0.1" not in test.sentence


@every_provider
async def test_a_host_that_is_not_there_is_no_network(tested: Provider) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"

        test = await check_key(tested, CANARY, CLOCK, hosts={tested.id: nowhere}, deadline_s=5)

    assert test.verdict is Verdict.NO_NETWORK
    assert "127.0.0.1 cannot be reached" in test.sentence


async def test_a_name_that_nobody_knows_is_no_network() -> None:
    hosts = {"openai": "https://nobody.invalid"}

    test = await check_key(provider("openai"), CANARY, CLOCK, hosts=hosts, deadline_s=5)

    assert test.verdict is Verdict.NO_NETWORK
    assert "nobody.invalid cannot be reached" in test.sentence


async def test_a_host_that_speaks_no_tls_does_not_get_the_key(host: ProviderHost) -> None:
    hosts = {"openai": host.base("openai").replace("http://", "https://")}

    test = await check_key(provider("openai"), CANARY, CLOCK, hosts=hosts, deadline_s=5)

    assert test.verdict is Verdict.STRANGE
    assert host.seen() == []


async def test_a_certificate_that_nobody_vouches_for_does_not_get_the_key() -> None:
    received: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=server_context("127.0.0.1"))
    async with server:
        port = server.sockets[0].getsockname()[1]
        hosts = {"openai": f"https://127.0.0.1:{port}"}

        test = await check_key(provider("openai"), CANARY, CLOCK, hosts=hosts, deadline_s=5)

    assert test.verdict is Verdict.STRANGE
    assert "certificate" in test.sentence
    assert not [octets for octets in received if CANARY.encode() in octets]


async def test_the_deadline_counts_for_the_whole_call(host: ProviderHost) -> None:
    host.set("openai", provider_host.stalls_in_the_body)
    started = CLOCK.now()

    test = await asked(host, provider("openai"), deadline_s=0.3)

    assert test.verdict is Verdict.UNANSWERED
    assert "within 0.3 s" in test.sentence
    assert 0.3 <= CLOCK.now() - started < key_check.DEADLINE_S


@pytest.mark.parametrize(
    "key", ["", "two words", "line\r\nX-Evil: 1", "schlüssel", "a\x00b", "key\n"]
)
async def test_what_no_header_can_carry_is_refused_before_it_is_sent(
    host: ProviderHost, key: str
) -> None:
    test = await asked(host, provider("openai"), key, deadline_s=5)

    assert test.verdict is Verdict.REJECTED
    assert "cannot be a key" in test.sentence
    assert host.seen() == []


async def test_an_answer_of_many_models_is_read_to_its_end(host: ProviderHost) -> None:
    models: list[object] = [
        {"id": f"model-{number}", "object": "model"} for number in range(20_000)
    ]
    host.set("together", says(200, models))

    test = await asked(host, provider("together"), deadline_s=5)

    assert test.verdict is Verdict.WORKS


def test_hosts_come_from_the_environment(host: ProviderHost) -> None:
    assert hosts_from(host.environment()) == host.hosts()
    assert hosts_from({}) == {}
    assert hosts_from({"GREENROOM_PROVIDER_HOSTS": " openai = https://gateway.example/oa/ ,"}) == {
        "openai": "https://gateway.example/oa"
    }


@pytest.mark.parametrize(
    "value",
    [
        "opnai=https://gateway.example",
        "openai=http://gateway.example",
        "openai=gateway.example",
        "openai=https://",
        "openai=http://127.0.0.1:99999",
        "openai=http://[",
        "openai",
    ],
)
def test_hosts_that_would_mislead_keys_are_refused(value: str) -> None:
    with pytest.raises(UsageError):
        hosts_from({"GREENROOM_PROVIDER_HOSTS": value})
