"""The embedded livekit-server: a real child process."""

import asyncio
import logging
import os
import signal
import socket
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.domain.access import ServerAccess
from app.domain.errors import MissingRequirementError, UserError
from app.domain.facts import Fact, ServerDied, ServerRestarted
from app.media import tokens
from app.media.rooms import Rooms
from app.media.server import EmbeddedServer, ServerState
from app.media.server_binary import find_livekit_server
from app.media.server_config import ServerConfig, new_server_config
from app.runtime.clock import AnchoredClock
from tests.support.livekit import Participant
from tests.support.posted import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedServer]:
    server = EmbeddedServer(find_livekit_server(), AnchoredClock())
    yield server
    await server.stop()


def secret_of(access: ServerAccess) -> str:
    return access.api_secret


def pid_of(server: EmbeddedServer) -> int:
    assert server.pid is not None
    return server.pid


async def test_starts_answers_and_stops(server: EmbeddedServer) -> None:
    access = await server.start()
    pid = pid_of(server)
    await server.rooms.create("lobby")

    assert [found.name for found in await Rooms(access).listed()] == ["lobby"]
    begun = time.monotonic()
    await server.stop()
    assert time.monotonic() - begun < 8.0
    assert not psutil.pid_exists(pid)
    assert server.state is ServerState.STOPPED


async def test_stops_with_somebody_inside(server: EmbeddedServer) -> None:
    access = await server.start()
    await server.rooms.create("lobby")
    guest = Participant(tokens.caller_access(access, "lobby", "guest"))
    await guest.join()
    pid = pid_of(server)

    begun = time.monotonic()
    await server.stop()

    assert time.monotonic() - begun < 8.0
    assert not psutil.pid_exists(pid)
    await guest.leave()


async def test_stops_when_it_does_not_listen_any_more(server: EmbeddedServer) -> None:
    await server.start()
    await server.rooms.create("lobby")
    pid = pid_of(server)
    os.kill(pid, signal.SIGSTOP)

    begun = time.monotonic()
    await server.stop()

    assert time.monotonic() - begun < 8.0
    assert not psutil.pid_exists(pid)


async def test_listens_on_loopback_only(server: EmbeddedServer) -> None:
    access = await server.start()
    guest = Participant(tokens.caller_access(access, "lobby", "guest"))
    await guest.join()

    sockets = psutil.Process(pid_of(server)).net_connections(kind="inet")

    assert {kind.type for kind in sockets} == {socket.SOCK_STREAM, socket.SOCK_DGRAM}
    assert {bound.laddr.ip for bound in sockets if bound.laddr} == {"127.0.0.1"}
    await guest.leave()


async def test_keeps_its_secret_to_itself(
    server: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    access = await server.start()
    guest = Participant(tokens.caller_access(access, "lobby", "guest"))
    await guest.join()

    command_lines = [
        " ".join(child.info["cmdline"] or []) for child in psutil.process_iter(["cmdline"])
    ]

    assert not [line for line in command_lines if secret_of(access) in line]
    assert secret_of(access) not in caplog.text
    assert secret_of(access) not in repr(access)
    assert "livekit-server" in {record.name for record in caplog.records}
    await guest.leave()


async def test_gives_the_server_a_minimal_environment(server: EmbeddedServer) -> None:
    os.environ["GREENROOM_TEST_MARK"] = "1"
    try:
        await server.start()
        environment = psutil.Process(pid_of(server)).environ()
    finally:
        del os.environ["GREENROOM_TEST_MARK"]

    assert set(environment) <= {"PATH", "LIVEKIT_CONFIG", "PWD", "OLDPWD", "SHLVL", "_"}


async def test_two_run_side_by_side(server: EmbeddedServer) -> None:
    other = EmbeddedServer(find_livekit_server(), AnchoredClock())
    try:
        first, second = await asyncio.gather(server.start(), other.start())

        await Rooms(first).create("here")
        assert [found.name for found in await Rooms(first).listed()] == ["here"]
        assert await Rooms(second).listed() == []
    finally:
        await other.stop()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port: int = holder.getsockname()[1]
        yield port


@pytest.mark.parametrize("kind", ["tcp_port", "udp_port"])
async def test_takes_other_ports_when_one_is_taken_before_it_is_bound(
    taken_port: int, kind: str
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", taken_port))
        given: list[ServerConfig] = []

        def configure() -> ServerConfig:
            config = new_server_config()
            if not given:
                config = replace(config, **{kind: taken_port})
            given.append(config)
            return config

        server = EmbeddedServer(find_livekit_server(), AnchoredClock(), configure)
        access = await server.start()

    assert len(given) == 2
    assert access == given[1].access
    await server.stop()


async def test_says_why_it_does_not_start(tmp_path: Path) -> None:
    broken = tmp_path / "livekit-server"
    broken.write_text("#!/bin/sh\necho no such flag: --frobnicate\n")
    broken.chmod(0o755)
    server = EmbeddedServer(broken, AnchoredClock())

    with pytest.raises(UserError, match=r"stopped at once.*no such flag"):
        await server.start()

    assert server.state is ServerState.FAILED
    await server.stop()


async def test_says_that_the_binary_is_gone(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "livekit-server", AnchoredClock())

    with pytest.raises(UserError, match="not found"):
        await server.start()


async def test_comes_back_with_its_rooms_when_killed(server: EmbeddedServer) -> None:
    told: list[Fact] = []
    server.add_listener(told.append)
    access = await server.start()
    await server.rooms.create("kept")
    await server.rooms.create("closed")
    await server.rooms.delete("closed")
    first = pid_of(server)

    os.kill(first, signal.SIGKILL)
    await until(lambda: len(told) == 2, 10, "the restart")

    died, restarted = told
    assert isinstance(died, ServerDied)
    assert "SIGKILL" in died.reason
    assert isinstance(restarted, ServerRestarted)
    assert restarted.after_ms < 5000
    assert pid_of(server) != first
    assert [found.name for found in await Rooms(access).listed()] == ["kept"]


async def test_a_listener_that_has_gone_is_told_nothing(server: EmbeddedServer) -> None:
    told: list[Fact] = []
    leave = server.add_listener(told.append)
    still_there: list[Fact] = []
    server.add_listener(still_there.append)
    await server.start()

    leave()
    os.kill(pid_of(server), signal.SIGKILL)
    await until(lambda: len(still_there) == 2, 10, "the restart")

    assert told == []


async def test_gives_up_when_it_dies_again_and_again(server: EmbeddedServer) -> None:
    told: list[Fact] = []
    server.add_listener(told.append)
    await server.start()

    for _ in range(5):
        await until(lambda: server.state is ServerState.RUNNING, 10, "the restart")
        told.clear()
        os.kill(pid_of(server), signal.SIGKILL)
        await until(lambda: told, 5, "the death")

    await until(lambda: server.state is ServerState.FAILED, 10, "giving up")
    last = told[-1]
    assert isinstance(last, ServerDied)
    assert last.reason.startswith("given up")


PANEL = """
    import asyncio, sys
    from app.media import tokens
    from app.media.server import EmbeddedServer
    from app.media.server_binary import find_livekit_server
    from app.runtime.clock import AnchoredClock
    from tests.support.livekit import Participant

    async def main():
        server = EmbeddedServer(find_livekit_server(), AnchoredClock())
        access = await server.start()
        guest = Participant(tokens.caller_access(access, "lobby", "guest"))
        await guest.join()
        print(server.pid, flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
"""


async def test_leaves_no_orphan_when_the_panel_is_killed() -> None:
    panel = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(PANEL),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert panel.stdout is not None
    pid = int(await asyncio.wait_for(panel.stdout.readline(), 20))
    family = psutil.Process(panel.pid).children(recursive=True)
    assert pid in {child.pid for child in family}

    panel.kill()
    await panel.wait()

    await until(lambda: not any(child.is_running() for child in family), 5, "the server's end")


WITHOUT_INTERFACE = "import app.media.network as n; n.require_network_interface()"
DUMMY = """
    ip link add v0 type veth peer name v1
    ip addr add 198.18.0.1/32 dev v0
    ip link set v0 up
    ip link set v1 up
"""


@pytest.mark.parametrize(("set_up", "raises"), [("true", True), (DUMMY, False)])
async def test_wants_a_network_interface_besides_the_loopback(set_up: str, raises: bool) -> None:
    script = f"ip link set lo up\n{set_up}\nexec {sys.executable} -c '{WITHOUT_INTERFACE}'"
    child = await asyncio.create_subprocess_exec(
        *("unshare", "-rn", "sh", "-c", script),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(child.communicate(), 20)

    said = output.decode()
    if "unshare" in said:
        pytest.skip(f"no network namespaces here: {said}")
    assert (MissingRequirementError.__name__ in said) == raises
    assert ("nmcli connection add" in said) == raises
