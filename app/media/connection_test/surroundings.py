"""The last step: what lies around the server, its webhook or the devices of this computer."""

import asyncio

from app.domain.step_outcome import Outcome, failed, ok, skipped
from app.media.connection_test.temporary_room import open_temporary_room
from app.media.connection_test.trial import Trial, WebhookWait
from app.media.rooms import Rooms

TOLD_S = 5.0
NOT_TOLD = "Check webhook.urls in the server's configuration, and that it reaches this computer."


async def webhook(trial: Trial) -> Outcome:
    """Open a room and wait until the server tells of it. Raises UserError."""
    told = trial.subject.webhook
    assert told is not None
    name = f"{trial.room}-webhook"
    began_at = trial.clock.now()
    waiting = asyncio.get_running_loop().create_task(_told(told, name), name=f"webhook {name}")
    try:
        await open_temporary_room(trial.access, name)
        async with asyncio.timeout(TOLD_S):
            await waiting
    except TimeoutError:
        return failed(f"nothing came within {TOLD_S:g} s", NOT_TOLD)
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await Rooms(trial.access).delete(name)
    return ok(f"told after {(trial.clock.now() - began_at) * 1000.0:.0f} ms")


async def _told(told: WebhookWait, name: str) -> None:
    await told(name)


async def devices(trial: Trial) -> Outcome:
    """Whatever the tester of the local devices says; a command has none."""
    if trial.subject.devices is None:
        return skipped("only the panel opens them: run this test there, under Settings")
    return await trial.subject.devices()
