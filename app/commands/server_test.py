"""`greenroom doctor --server NAME`: the connection test of one server, as it happens."""

import argparse
import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict

from app.commands.masked_log import masked_log
from app.commands.secret_entry import entered
from app.domain.access import ServerAccess
from app.domain.connection_report import step_lines
from app.domain.errors import UsageError, UserError
from app.domain.server_rules import same_name
from app.domain.servers import THIS_COMPUTER, ServerKind, StepState, TestStep
from app.media.connection import settle_abandoned
from app.media.connection_test.course import run_connection_test
from app.media.server import EmbeddedServer
from app.media.server_binary import find_livekit_server
from app.runtime.clock import AnchoredClock
from app.runtime.paths import config_folder
from app.runtime.redaction import Redactor
from app.runtime.shutdown import stop_within
from app.session.server_keys import ServerKeys
from app.storage.secret_store import SecretStore
from app.storage.server_profiles import ServerProfiles

SETTLE_S = 5.0


def run(arguments: argparse.Namespace) -> int:
    """Run the test: 0 when no step failed, else 1. Raises UserError when there is nothing to test."""
    try:
        # The test breaks connections on purpose; what the SDK says of that is for the file alone.
        with masked_log(stderr_level=logging.CRITICAL) as redactor:
            join_token = _join_token() if arguments.token else None
            redactor.register(join_token or "")
            steps = asyncio.run(_test(arguments, join_token, redactor))
    except KeyboardInterrupt:
        raise UserError("The connection test was cancelled.") from None
    if arguments.json:
        print(
            json.dumps({"server": arguments.server, "steps": [asdict(s) for s in steps]}, indent=2)
        )
    return 1 if any(step.state is StepState.FAILED for step in steps) else 0


async def _test(
    arguments: argparse.Namespace, join_token: str | None, redactor: Redactor
) -> tuple[TestStep, ...]:
    on_step = _stay_silent if arguments.json else _print_ended
    async with _server(arguments.server, redactor) as (access, kind):
        try:
            return await run_connection_test(access, on_step, kind=kind, join_token=join_token)
        finally:
            # Given up half-way, a connection goes on by itself: with its server gone it would end in an error.
            await stop_within(SETTLE_S, "connections given up", settle_abandoned())


@asynccontextmanager
async def _server(name: str, redactor: Redactor) -> AsyncGenerator[tuple[ServerAccess, ServerKind]]:
    """The access of a profile; for this computer, of a server that runs as long as the test. Raises UserError."""
    if not same_name(name, THIS_COMPUTER):
        profile = await asyncio.to_thread(ServerProfiles(config_folder()).find, name)
        keys = ServerKeys(SecretStore(redactor.register), redactor.register)
        yield await keys.access(profile), profile.kind
        return
    server = EmbeddedServer(find_livekit_server(), AnchoredClock())
    try:
        access = await server.start()
        redactor.register(access.api_secret)
        yield access, ServerKind.THIS_COMPUTER
    finally:
        await server.stop()


def _print_ended(step: TestStep) -> None:
    if step.state.ended:
        print("\n".join(step_lines(step)), flush=True)


def _stay_silent(_step: TestStep) -> None:
    pass


def _join_token() -> str:
    token = entered("Join token: ", UsageError("No token was given.")).strip()
    if not token:
        raise UsageError("No token was given.", "Paste it when asked, or pipe it in.")
    return token
