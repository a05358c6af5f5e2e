"""The connection test against real servers, each with one thing wrong: it names that thing and what mends it."""

import asyncio
import contextlib
import datetime
import json
import sys
import time
import types
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from livekit.api import access_token

from app.domain.access import ServerAccess
from app.domain.connection_report import report
from app.domain.errors import UserError
from app.domain.servers import ServerKind, StepState, TestStep
from app.domain.step_outcome import Outcome, ok
from app.media import tokens
from app.media.connection import settle_abandoned
from app.media.connection_test.candidates import Offer
from app.media.connection_test.course import OnStep, course, run_connection_test
from app.media.connection_test.relay import relay
from app.media.connection_test.trial import Subject, Trial, WebhookWait
from app.media.rooms import Rooms
from tests.support.livekit import SelfHostedServer, self_hosted_server
from tests.support.own_network import run_in_own_network
from tests.support.posted import until_async

LABELS = [
    "Address",
    "Certificate",
    "LiveKit answers",
    "Clock",
    "Key and secret",
    "Token",
    "Signalling",
    "Media over UDP",
    "Media over TCP",
    "Relay (TURN)",
    "Sound both ways",
    "Reconnect",
    "Messages",
    "Microphone and speaker",
]
ROOM_PREFIX = "greenroom-test-"
CLOCK_OFF_S = 600.0

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
Steps = dict[str, TestStep]


def by_label(steps: Sequence[TestStep]) -> Steps:
    return {step.label: step for step in steps}


def labels(steps: Steps, state: StepState) -> list[str]:
    return [step.label for step in steps.values() if step.state is state]


async def steps_of(access: ServerAccess, kind: ServerKind = ServerKind.SELF_HOSTED) -> Steps:
    return by_label(await run_connection_test(access, lambda _step: None, kind=kind))


def only_failed(steps: Steps, label: str) -> TestStep:
    """The step of that name, which alone has failed."""
    assert labels(steps, StepState.FAILED) == [label], report(list(steps.values()))
    return steps[label]


def nothing_after(steps: Steps, label: str) -> bool:
    """Whether no later step was tried, and each says because of which one."""
    later = LABELS[LABELS.index(label) + 1 : -1]
    return all(
        steps[name].state is StepState.SKIPPED
        and steps[name].detail == f"not tried: {label} failed"
        for name in later
    )


@pytest.fixture(autouse=True)
async def nobody_is_left_behind() -> AsyncGenerator[None]:
    """A connect that outlives its loop would end this process."""
    yield
    async with asyncio.timeout(90):
        await settle_abandoned()


async def no_room_is_left(access: ServerAccess) -> bool:
    return not any(r.name.startswith(ROOM_PREFIX) for r in await Rooms(access).listed())


async def until_no_room_is_left(access: ServerAccess) -> None:
    """Who was joining when the test was cancelled joins, leaves, and only then is the room closed for good."""
    async with asyncio.timeout(90):
        await settle_abandoned()
    await until_async(lambda: no_room_is_left(access), 10, "the end of the last room")


async def test_all_is_well_on_our_own_server(livekit_server: ServerAccess) -> None:
    told: list[TestStep] = []

    steps = by_label(
        await run_connection_test(livekit_server, told.append, kind=ServerKind.THIS_COMPUTER)
    )

    assert list(steps) == LABELS
    assert not labels(steps, StepState.FAILED), report(list(steps.values()))
    assert not labels(steps, StepState.WARNING), report(list(steps.values()))
    assert labels(steps, StepState.SKIPPED) == [
        "Certificate",
        "Media over TCP",
        "Relay (TURN)",
        "Microphone and speaker",
    ]
    assert all(steps[name].took_ms is not None for name in labels(steps, StepState.OK))
    assert [step.number for step in told[:14]] == list(range(1, 15))
    assert {step.state for step in told[:14]} == {StepState.WAITING}
    assert [step.state is StepState.RUNNING for step in told[14:]] == [True, False] * 14
    assert await no_room_is_left(livekit_server)


async def test_a_wrong_secret_is_told_from_a_wrong_key(self_hosted: ServerAccess) -> None:
    other_secret = ServerAccess(self_hosted.url, self_hosted.api_key, "canary-secret-" + "x" * 32)
    other_key = ServerAccess(self_hosted.url, "APIelsewhere", self_hosted.api_secret)

    wrong_secret, wrong_key = await steps_of(other_secret), await steps_of(other_key)

    assert "its secret is another one" in only_failed(wrong_secret, "Key and secret").detail
    assert "Enter the secret again" in wrong_secret["Key and secret"].remedy
    assert "does not know this API key" in only_failed(wrong_key, "Key and secret").detail
    assert nothing_after(wrong_secret, "Key and secret")
    text = report(list(wrong_secret.values()))
    assert "canary" not in text
    assert "eyJ" not in text


async def test_a_wrong_port_is_an_address_where_nothing_listens(
    self_hosted: ServerAccess, unused_tcp_port: int
) -> None:
    url = f"ws://127.0.0.1:{unused_tcp_port}"
    steps = await steps_of(ServerAccess(url, self_hosted.api_key, self_hosted.api_secret))

    failed = only_failed(steps, "Address")
    assert failed.detail == f"nothing listens on port {unused_tcp_port} of 127.0.0.1"
    assert "is the port right? LiveKit's own is 7880" in failed.remedy
    assert nothing_after(steps, "Address")


async def test_a_name_that_does_not_exist(self_hosted: ServerAccess) -> None:
    access = ServerAccess("wss://nowhere.invalid", self_hosted.api_key, self_hosted.api_secret)

    failed = only_failed(await steps_of(access), "Address")

    assert "nowhere.invalid is not found" in failed.detail


async def test_a_web_server_is_not_livekit(self_hosted: ServerAccess, unused_tcp_port: int) -> None:
    async def everything_is_fine(_request: web.Request) -> web.Response:
        return web.Response(text="OK")

    site = web.Application()
    site.router.add_route("*", "/{path:.*}", everything_is_fine)
    async with serving(site, unused_tcp_port):
        url = f"ws://127.0.0.1:{unused_tcp_port}"
        steps = await steps_of(ServerAccess(url, self_hosted.api_key, self_hosted.api_secret))

    failed = only_failed(steps, "LiveKit answers")
    assert "it is not LiveKit" in failed.detail
    assert "Check the address and the port" in failed.remedy
    assert nothing_after(steps, "LiveKit answers")


async def test_what_does_not_speak_http(self_hosted: ServerAccess) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        url = f"ws://127.0.0.1:{port}"
        steps = await steps_of(ServerAccess(url, self_hosted.api_key, self_hosted.api_secret))

    assert "does not speak HTTP" in only_failed(steps, "LiveKit answers").detail


async def test_an_expired_token_is_said_to_be_expired(self_hosted: ServerAccess) -> None:
    hour = datetime.timedelta(hours=1)
    expired = tokens.guest_access(self_hosted, "a room", "somebody", "", -3 * hour).token

    steps = by_label(
        await run_connection_test(
            self_hosted, lambda _step: None, kind=ServerKind.SELF_HOSTED, join_token=expired
        )
    )

    failed = only_failed(steps, "Token")
    assert failed.detail == "the token expired 3 h ago"
    assert failed.remedy == "Make a new token, or ask for one."
    assert steps["Messages"].state is StepState.OK


@pytest.mark.parametrize(("ahead_s", "side"), [(CLOCK_OFF_S, "ahead"), (-CLOCK_OFF_S, "behind")])
async def test_a_clock_ten_minutes_off(
    self_hosted: ServerAccess, monkeypatch: pytest.MonkeyPatch, ahead_s: float, side: str
) -> None:
    steps = await steps_with_clock(self_hosted, monkeypatch, ahead_s)

    failed = only_failed(steps, "Clock")
    assert failed.detail == f"this computer is 10 min {side}; tokens fail beyond 60 s"
    assert "Set the clock" in failed.remedy
    assert nothing_after(steps, "Clock")


async def test_a_clock_that_is_forgiven(
    self_hosted: ServerAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = await steps_with_clock(self_hosted, monkeypatch, 41.0)

    assert not labels(steps, StepState.FAILED)
    assert steps["Clock"].state is StepState.WARNING
    assert steps["Clock"].detail == "this computer is 41 s ahead; tokens fail beyond 60 s"


async def test_a_clock_is_judged_by_a_token_where_the_server_does_not_say_its_time(
    self_hosted: ServerAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with without_date(self_hosted) as url:
        access = ServerAccess(url, self_hosted.api_key, self_hosted.api_secret)
        steps = await steps_with_clock(access, monkeypatch, CLOCK_OFF_S)

    failed = only_failed(steps, "Clock")
    assert failed.detail == "this computer is more than 60 s ahead of the server; tokens fail"
    assert "Set the clock" in failed.remedy


@needs_linux
def test_a_blocked_udp_port_with_tcp_to_fall_back_to() -> None:
    steps = steps_in_own_network("blocked", "tcp")

    failed = only_failed(steps, "Media over UDP")
    assert failed.detail.startswith("no answer on ")
    assert failed.detail.endswith("/udp; media goes over TCP instead")
    assert "A firewall blocks UDP: open " in failed.remedy
    assert "use TURN" in failed.remedy
    assert steps["Media over TCP"].state is StepState.OK
    assert steps["Sound both ways"].state is StepState.OK


@needs_linux
def test_a_blocked_udp_port_with_no_other_way() -> None:
    steps = steps_in_own_network("blocked")

    failed = only_failed(steps, "Media over UDP")
    assert failed.detail.endswith("/udp, and no other way for media")
    assert "A firewall blocks UDP: open " in failed.remedy
    assert steps["Media over TCP"].state is StepState.WARNING
    assert "rtc.tcp_port" in steps["Media over TCP"].remedy
    for name in ("Sound both ways", "Reconnect", "Messages"):
        assert (steps[name].state, steps[name].detail) == (
            StepState.SKIPPED,
            "no media gets through",
        )


@needs_linux
def test_every_way_for_media_is_taken_by_itself() -> None:
    steps = steps_in_own_network("tcp", "turn")

    assert not labels(steps, StepState.FAILED), report(list(steps.values()))
    assert not labels(steps, StepState.WARNING), report(list(steps.values()))
    assert "connected to " in steps["Media over TCP"].detail
    assert "connected by turn:" in steps["Relay (TURN)"].detail


@needs_linux
def test_a_computer_without_an_interface() -> None:
    done = run_in_own_network("tests.support.tested_server", interface=False)

    failed = only_failed(read_back(json.loads(done.stdout)), "Address")

    assert failed.detail == "No network interface is up"
    assert "Turn Wi-Fi on" in failed.remedy


async def test_cancelled_it_leaves_no_room_and_nobody_behind(self_hosted: ServerAccess) -> None:
    begun = asyncio.Event()

    def when_sound_begins(step: TestStep) -> None:
        if step.label == "Sound both ways" and step.state is StepState.RUNNING:
            begun.set()

    running = start(self_hosted, when_sound_begins)
    async with asyncio.timeout(30):
        await begun.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    await until_no_room_is_left(self_hosted)


async def test_cancelled_while_it_joins_it_cuts_nothing_off(self_hosted: ServerAccess) -> None:
    loop = asyncio.get_running_loop()
    begun = asyncio.Event()

    def when_media_begins(step: TestStep) -> None:
        if step.label == "Media over UDP" and step.state is StepState.RUNNING:
            loop.call_later(0.005, begun.set)

    running = start(self_hosted, when_media_begins)
    async with asyncio.timeout(30):
        await begun.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    await until_no_room_is_left(self_hosted)


async def test_a_server_that_is_stuck_ends_by_deadlines() -> None:
    with self_hosted_server() as server:
        server.freeze()
        try:
            steps = await steps_of(server.access)
        finally:
            server.thaw()

    failed = only_failed(steps, "LiveKit answers")
    assert failed.detail == "no answer within 10 s"
    assert "restart it" in failed.remedy


async def test_a_server_that_dies_in_the_middle() -> None:
    with self_hosted_server() as server:
        steps = by_label(
            await run_connection_test(
                server.access,
                lambda step: kill_when(server, step, "Sound both ways"),
                kind=ServerKind.SELF_HOSTED,
            )
        )

    assert only_failed(steps, "Sound both ways").detail == "the server no longer answers"
    assert steps["Reconnect"].detail == "not tried: Sound both ways failed"
    assert steps["Messages"].state is StepState.SKIPPED


async def test_the_webhook_is_the_last_step_where_it_can_be_waited_for(
    unused_tcp_port: int,
) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        event = json.loads(await request.read())
        if event["event"] == "room_started":
            told.put_nowait(event["room"]["name"])
        return web.Response()

    async def until_told(room: str) -> None:
        while await told.get() != room:
            pass

    site = web.Application()
    site.router.add_post("/hook", take)
    hook = f"http://127.0.0.1:{unused_tcp_port}/hook"
    with self_hosted_server([hook]) as server:
        async with serving(site, unused_tcp_port):
            there = await step_with_webhook(server.access, until_told)
        gone = await step_with_webhook(server.access, until_told)

    assert there.state is StepState.OK
    assert there.detail.startswith("told after ")
    assert gone.state is StepState.FAILED
    assert "webhook.urls" in gone.remedy


async def test_devices_are_tested_by_whoever_has_them_whatever_the_server_does(
    unused_tcp_port: int,
) -> None:
    async def works() -> Outcome:
        return ok("speech at -20 dBFS")

    access = ServerAccess(f"ws://127.0.0.1:{unused_tcp_port}", "APIkey", "s" * 40)

    steps = by_label(
        await run_connection_test(
            access, lambda _step: None, kind=ServerKind.SELF_HOSTED, devices=works
        )
    )

    assert steps["Microphone and speaker"].detail == "speech at -20 dBFS"


async def test_relay_says_which_server_it_tries(unused_tcp_port: int) -> None:
    access = ServerAccess(f"ws://127.0.0.1:{unused_tcp_port}", "APIkey", "s" * 40)
    trial = Trial(Subject(access, ServerKind.SELF_HOSTED, time.time, None, None, None))
    trial.offer = Offer(ice_urls=("turn:127.0.0.1:9?transport=udp",))
    said: list[str] = []
    trial.tell = said.append
    try:
        with contextlib.suppress(UserError):
            await relay(trial)
    finally:
        await trial.close()

    assert said == ["trying turn:127.0.0.1:9?transport=udp"]


async def step_with_webhook(access: ServerAccess, until_told: WebhookWait) -> Outcome:
    """The last step of the test alone."""
    trial = Trial(Subject(access, ServerKind.SELF_HOSTED, time.time, None, until_told, None))
    assert course(trial.subject)[-1].label == "Webhook"
    try:
        return await course(trial.subject)[-1].check(trial)
    finally:
        await trial.close()


async def steps_with_clock(
    access: ServerAccess, monkeypatch: pytest.MonkeyPatch, ahead_s: float
) -> Steps:
    """Test with a clock that is off: tokens are signed with its time, and the server judges them by its own."""

    class Shifted(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Shifted":
            return cls.fromtimestamp(time.time() + ahead_s, tz)

    shifted = types.SimpleNamespace(**{**vars(datetime), "datetime": Shifted})
    monkeypatch.setattr(access_token, "datetime", shifted)
    steps = await run_connection_test(
        access,
        lambda _step: None,
        kind=ServerKind.SELF_HOSTED,
        now=lambda: time.time() + ahead_s,
    )
    return by_label(steps)


def start(access: ServerAccess, on_step: OnStep) -> "asyncio.Task[tuple[TestStep, ...]]":
    test = run_connection_test(access, on_step, kind=ServerKind.SELF_HOSTED)
    return asyncio.get_running_loop().create_task(test)


def kill_when(server: SelfHostedServer, step: TestStep, label: str) -> None:
    if step.label == label and step.state is StepState.RUNNING:
        server.kill()


def steps_in_own_network(*words: str) -> Steps:
    done = run_in_own_network("tests.support.tested_server", *words)
    assert done.returncode == 0, done.stderr
    return read_back(json.loads(done.stdout))


def read_back(steps: Sequence[dict[str, Any]]) -> Steps:
    return by_label([replace(TestStep(**step), state=StepState(step["state"])) for step in steps])


@asynccontextmanager
async def without_date(access: ServerAccess) -> AsyncGenerator[str]:
    """The URL of a proxy that leaves out the time from what the server answers."""
    host, port = "127.0.0.1", int(access.url.rpartition(":")[2])

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(copy(reader, server_writer), copy(server_reader, writer))

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            target.write(data.replace(b"\r\nDate: ", b"\r\nTaken: "))
        target.close()

    proxy = await asyncio.start_server(pass_on, host, 0)
    try:
        yield f"ws://{host}:{proxy.sockets[0].getsockname()[1]}"
    finally:
        proxy.close()


@asynccontextmanager
async def serving(site: web.Application, port: int) -> AsyncGenerator[None]:
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()
