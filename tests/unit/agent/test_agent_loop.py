import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextvars import ContextVar
from multiprocessing import get_context

import pytest

from app.agent.agent_loop import AgentLoop

BELONGS: ContextVar[str] = ContextVar("belongs", default="nobody")


@pytest.fixture
def loop() -> Iterator[AgentLoop]:
    loop = AgentLoop()
    yield loop
    if not loop.is_closed():
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def test_a_bot_that_asks_for_signal_handlers_gets_none_and_no_error(loop: AgentLoop):
    before = signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, print, "never")

    assert signal.getsignal(signal.SIGINT) is before
    assert not loop.remove_signal_handler(signal.SIGINT)


def test_what_runs_in_a_thread_of_the_loop_belongs_to_whoever_asked(loop: AgentLoop):
    async def ask() -> str:
        BELONGS.set("ada")
        return await asyncio.get_running_loop().run_in_executor(None, BELONGS.get)

    assert loop.run_until_complete(ask()) == "ada"


def test_another_process_is_asked_as_always(loop: AgentLoop):
    async def ask(pool: ProcessPoolExecutor) -> int:
        return await asyncio.get_running_loop().run_in_executor(pool, os.getpid)

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert loop.run_until_complete(ask(pool)) != os.getpid()


def test_connections_that_were_left_open_are_closed_with_the_loop(loop: AgentLoop):
    async def connect(sock: socket.socket) -> asyncio.StreamWriter:
        _, writer = await asyncio.open_connection(sock=sock)
        return writer

    ours, theirs = socket.socketpair()
    with theirs:
        theirs.settimeout(2.0)
        writer = loop.run_until_complete(connect(ours))
        loop.close()

        assert theirs.recv(1) == b""
        assert writer.is_closing()
        loop.close()
