"""How a call is doing, in a few words."""

from app.domain.alerts import Severity
from app.domain.call import Call
from app.domain.facts import AgentState
from app.ui.controls import Tone
from app.ui.plain_text import shown

BROKEN = {"lost": "Connection lost", "reconnecting": "Reconnecting"}
"""By the states of a connection, the worst first."""
ALERTS_IN_TIP = 6


def health_of(call: Call) -> tuple[str, Tone]:
    """What is wrong now; else how many things were wrong so far; else that all is well."""
    if not call.live:
        return "Call over", Tone.NEUTRAL
    if call.server_down:
        return "Server restarting", Tone.BAD
    if call.agent_state is AgentState.FAILED:
        return "Agent failed", Tone.BAD
    if (connection := _connection_words(call)) is not None:
        return connection, Tone.BAD
    bad = sum(alert.severity is Severity.BAD for alert in call.alerts)
    if bad:
        return _counted(bad, "problem", "problems"), Tone.BAD
    if call.alerts:
        return _counted(len(call.alerts), "thing to look at", "things to look at"), Tone.WARN
    return "All healthy", Tone.OK


def alerts_text(call: Call) -> str:
    """The newest alerts, one a line."""
    return "\n".join(shown(alert.text) for alert in call.alerts[-ALERTS_IN_TIP:])


def _connection_words(call: Call) -> str | None:
    """What is said of the worst of our connections to the room."""
    states = set(call.connections.values())
    return next((words for state, words in BROKEN.items() if state in states), None)


def _counted(number: int, one: str, many: str) -> str:
    return f"1 {one}" if number == 1 else f"{number} {many}"
