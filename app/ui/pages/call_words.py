"""What a call is called before and while it is live."""

from pathlib import Path

from app.domain.call import Call
from app.domain.call_plan import LOCAL_PRESET, CallPlan
from app.ui.plain_text import shown

LOCAL_AGENT = ("Local agent", "Whisper hears you, SmolLM2 answers, Piper speaks.")


def call_name(call: Call, plan: CallPlan) -> str:
    """The room of a call; until that is known, what its start was asked for."""
    return shown(call.room or plan.room or agent_name(plan) or "Call")


def agent_name(plan: CallPlan) -> str:
    """The agent that a call brings; empty for none."""
    return LOCAL_AGENT[0] if plan.preset == LOCAL_PRESET else Path(plan.preset).stem


def start_words(plan: CallPlan) -> tuple[str, str]:
    """A title and a line for the start of a call."""
    if plan.by_token is not None:
        return f"The room {shown(plan.room)}", f"By the token you gave, on {shown(plan.server)}."
    if not plan.preset:
        return f"The room {shown(plan.room)}", f"You join it on {shown(plan.server)}."
    if plan.room:
        return shown(agent_name(plan)), f"It joins the room {shown(plan.room)}."
    own = LOCAL_AGENT[1] if plan.preset == LOCAL_PRESET else "It gets a room of its own."
    return shown(agent_name(plan)), own
