"""Whether a connection that breaks comes back, and how soon."""

import asyncio

from livekit.rtc._proto.room_pb2 import SimulateScenarioKind

from app.domain.step_outcome import Outcome, failed, ok, skipped, warning
from app.media.connection_test.party import Party
from app.media.connection_test.trial import Trial

LONG_S = 5.0
"""Resuming takes 3.2 s on the same computer: the SDK waits before it tries."""
BACK_S = 12.0
REMEDY = (
    "A proxy may not let a connection be opened anew: look at its limits and at the server's log."
)


async def reconnect(trial: Trial) -> Outcome:
    """Break the signalling alone, then all, and wait for each to come back. Raises UserError."""
    if trial.way is None:
        return skipped("no media gets through")
    party, _ = await trial.pair(trial.way)
    resumed_s = await _break(trial, party, SimulateScenarioKind.SIMULATE_SIGNAL_RECONNECT)
    if resumed_s is None:
        return failed("the connection does not resume", REMEDY)
    rejoined_s = await _break(trial, party, SimulateScenarioKind.SIMULATE_FULL_RECONNECT)
    if rejoined_s is None:
        return failed("the connection resumes, and does not come back once it is lost", REMEDY)
    words = f"resumed in {resumed_s:.1f} s, rejoined in {rejoined_s:.1f} s"
    if max(resumed_s, rejoined_s) > LONG_S:
        return warning(words, "A caller hears silence for that long.")
    return ok(words)


async def _break(
    trial: Trial, party: Party, scenario: SimulateScenarioKind.ValueType
) -> float | None:
    """Seconds until the connection was there again; None when it did not come back."""
    party.forget_states()
    began_at = trial.clock.now()
    try:
        async with asyncio.timeout(BACK_S):
            await party.room.simulate_scenario(scenario)
            back = await party.came_back()
    except TimeoutError:
        return None
    return trial.clock.now() - began_at if back else None
