# pyright: reportUnknownMemberType=false
"""Leads a conversation by a Pipecat Flows configuration."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pipecat.flows import Flow, FlowConfig, FlowError, FlowManager

from app.agent.pipeline import Bot
from app.domain.errors import UserError


def load_flow(path: Path, handlers: Sequence[ModuleType]) -> Flow:
    """Read a flow and join it to the functions it names. Raises UserError that says what is wrong with it."""
    try:
        config = FlowConfig.from_file(path)
        return Flow(config, handlers=list(handlers))
    except OSError as error:
        raise UserError(f"There is no flow {path}.", "Mend its path in the preset.") from error
    except (FlowError, ValueError) as error:
        raise UserError(f"The flow {path.name} is wrong.", str(error)) from error


async def begin_flow(flow: Flow, bot: Bot) -> FlowManager:
    """Lead the conversation from its first node on. Agent loop only. Raises UserError."""
    manager = FlowManager(
        worker=bot.worker,
        llm=cast("Any", bot.llm),
        context_aggregator=bot.sides,
        transport=bot.transport,
        global_functions=flow.global_functions,
    )
    try:
        await manager.initialize(flow.initial_node)
    except FlowError as error:
        raise UserError("The flow did not begin.", str(error)) from error
    return manager
