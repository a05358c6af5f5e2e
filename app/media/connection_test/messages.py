"""Whether text and calls get from one participant to another, and back."""

import asyncio
import secrets

from livekit import rtc

from app.domain.step_outcome import Outcome, failed, ok, skipped
from app.media.connection_test.party import Party
from app.media.connection_test.trial import Trial

TOPIC = "greenroom.test"
METHOD = "greenroom.echo"
TEXT_S = 5.0
RPC_S = 5.0
SEEN_S = 5.0
POLL_S = 0.02
REMEDY = "Data channels do not get through: look at the server's log."


async def messages(trial: Trial) -> Outcome:
    """Send a text that is sent back, and call a method that answers with what it is given. Raises UserError."""
    if trial.way is None:
        return skipped("no media gets through")
    asker, echo = await trial.pair(trial.way)
    if not await _see_each_other(asker, echo, trial):
        return failed("two participants do not see each other", "Look at the server's log.")
    try:
        async with asyncio.timeout(TEXT_S):
            text_ms = await _text(trial, asker, echo)
    except TimeoutError:
        return failed("a text is not answered", REMEDY)
    if text_ms is None:
        return failed("a text comes back changed", REMEDY)
    try:
        rpc_ms = await _call(trial, asker, echo)
    except rtc.RpcError as error:
        return failed(f"texts arrive, calls (RPC) do not: {error.message}", REMEDY)
    return ok(f"text and back {text_ms:.0f} ms, RPC {rpc_ms:.0f} ms")


async def _text(trial: Trial, asker: Party, echo: Party) -> float | None:
    """Milliseconds until the same text was back; None when it was another."""
    text = secrets.token_hex(16)
    began_at = trial.clock.now()
    answered = _arrivals(asker)
    asked = _arrivals(echo)
    await _send(asker, echo, text)
    await _send(echo, asker, await (await asked.get()).read_all())
    back = await (await answered.get()).read_all()
    return (trial.clock.now() - began_at) * 1000.0 if back == text else None


async def _send(sender: Party, receiver: Party, text: str) -> None:
    await sender.room.local_participant.send_text(
        text, destination_identities=[receiver.identity], topic=TOPIC
    )


def _arrivals(party: Party) -> "asyncio.Queue[rtc.TextStreamReader]":
    queue: asyncio.Queue[rtc.TextStreamReader] = asyncio.Queue()

    def take(reader: rtc.TextStreamReader, _sender: str) -> None:
        queue.put_nowait(reader)

    party.room.register_text_stream_handler(TOPIC, take)
    return queue


async def _call(trial: Trial, asker: Party, echo: Party) -> float:
    """Milliseconds of one call. Raises RpcError."""

    async def answer(call: rtc.RpcInvocationData) -> str:
        return call.payload

    echo.room.local_participant.register_rpc_method(METHOD, answer)
    began_at = trial.clock.now()
    await asker.room.local_participant.perform_rpc(
        destination_identity=echo.identity, method=METHOD, payload="?", response_timeout=RPC_S
    )
    return (trial.clock.now() - began_at) * 1000.0


async def _see_each_other(one: Party, other: Party, trial: Trial) -> bool:
    """One of them may just have come back."""
    deadline = trial.clock.now() + SEEN_S
    while not (_sees(one, other) and _sees(other, one)):
        if trial.clock.now() >= deadline:
            return False
        await asyncio.sleep(POLL_S)
    return True


def _sees(one: Party, other: Party) -> bool:
    return other.identity in one.room.remote_participants
