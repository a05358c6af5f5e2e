"""A Greenroom in which everything goes wrong that could give a key away: `python -m tests.support.careless`.

Reads `{"keys": {PROVIDER: KEY}, "host": ADDRESS}` from standard input. Stores each key, has the host fail each test
in every way it knows, keeps and exports a call whose facts quote keys, fails in a thread, a finaliser and a task,
writes "waiting", reads a line, and then crashes.
"""

import asyncio
import base64
import faulthandler
import gc
import json
import logging
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import aiohttp

from app.agent.key_check import check_key
from app.domain.facts import CallClosed, CallerSaid, CallOpened, ErrorRaised
from app.domain.keys import KeyTest
from app.domain.providers import Provider
from app.runtime.clock import AnchoredClock
from app.runtime.log_setup import LogOutputs
from app.runtime.mailbox import Mailbox
from app.runtime.paths import data_folder, private, state_folder
from app.runtime.redaction import Redactor
from app.runtime.uncaught import UncaughtErrors, ending_in_the_log
from app.session.key_desk import ProviderKeyDesk
from app.session.sink import CallSink
from app.storage.call_library import CallLibrary
from app.storage.export import export_call
from app.storage.key_tests import KEY_TESTS, KeyTestFile
from app.storage.secret_store import SecretStore
from tests.support.provider_host import NAMED

log = logging.getLogger(__name__)
PATIENCE_S = 1.5
"""With a host that stalls."""


def main() -> None:
    told = json.loads(sys.stdin.readline())
    keys: Mapping[str, str] = told["keys"]
    redactor = Redactor()
    logs = LogOutputs(private(state_folder()), redactor, logging.DEBUG)
    uncaught = UncaughtErrors()
    with (state_folder() / "faults.txt").open("w") as faults, ending_in_the_log():
        faulthandler.enable(faults)
        asyncio.run(store_and_test(redactor, keys, told["host"]))
        keep_and_export(redactor, keys)
        fail_everywhere(keys)
        faulthandler.dump_traceback(faults)
        sys.stdout.write("waiting\n")
        sys.stdout.flush()
        sys.stdin.readline()
        raise RuntimeError(f"crashed with {keys}")
    uncaught.close()
    logs.close()


async def store_and_test(redactor: Redactor, keys: Mapping[str, str], host: str) -> None:
    clock = AnchoredClock()

    async def check(asked: Provider, key: str) -> KeyTest:
        hosts = {asked.id: f"{host}/{asked.id}"}
        return await check_key(asked, key, clock, hosts=hosts, deadline_s=PATIENCE_S)

    store = SecretStore(redactor.register)
    tests = KeyTestFile(state_folder() / KEY_TESTS)
    desk = ProviderKeyDesk(store, check, tests, redactor, environment={})
    for provider_id, key in keys.items():
        await desk.put(provider_id, key)
    for name in NAMED:
        await behave(host, keys, name)
        for result in await asyncio.gather(*(desk.test(provider_id) for provider_id in keys)):
            sys.stdout.write(f"{name}: {result.verdict}: {result.sentence}\n")
    sys.stdout.write(f"{await desk.look()}\n")


async def behave(host: str, keys: Mapping[str, str], name: str) -> None:
    async with aiohttp.ClientSession() as session:
        for provider_id in keys:
            url = f"{host}/_behaviour/{provider_id}"
            async with session.put(url, params={"name": name}) as done:
                assert done.status == 204


def keep_and_export(redactor: Redactor, keys: Mapping[str, str]) -> None:
    library = CallLibrary(data_folder() / "calls.db", lambda _: None)
    sink = CallSink(library.open_call("careless"), Mailbox().sink("careless"), redactor)
    opened = CallOpened(
        at=1.0, call_id="careless", room="r", server="s", agent_name="a", agent_kind="preset"
    )
    sink.post(opened)
    for at, key in enumerate(keys.values(), start=2):
        basic = base64.b64encode(f"user:{key}".encode()).decode()
        said = f"Rejected: {key}, sent as {quote(key)} and as {basic}"
        sink.post(ErrorRaised(at=at, message=said, category="auth", processor="LLM", usable=False))
        sink.post(CallerSaid(at=at, text=f"My key is {key}", final=True))
    sink.post(CallClosed(at=999.0, reason=f"given up: {list(keys.values())}"))
    assert library.close()
    for written in export_call(
        CallLibrary(data_folder() / "calls.db"), "careless", Path.home() / "exports"
    ):
        log.info("exported %s", written)


def fail_everywhere(keys: Mapping[str, str]) -> None:
    def fails() -> None:
        raise ValueError(f"a thread fails with {keys}")

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()

    class Unlucky:
        def __del__(self) -> None:
            raise ValueError(f"a finaliser fails with {keys}")

    unlucky = Unlucky()
    del unlucky
    gc.collect()
    asyncio.run(_leave_a_failed_task(keys))
    for key in keys.values():
        try:
            json.loads(f'{{"key": {key}, "escaped": {quote(key)}')
        except ValueError as error:
            error.add_note(f"{key} in {quote(key, safe='')}")
            log.exception("caught with %s", base64.b64encode(f"a:{key}".encode()).decode())


async def _leave_a_failed_task(keys: Mapping[str, str]) -> None:
    async def fails() -> None:
        raise ValueError(f"a task fails with {keys}")

    task = asyncio.get_running_loop().create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()


if __name__ == "__main__":
    main()
