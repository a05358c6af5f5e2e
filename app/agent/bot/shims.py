"""What bots need of the process they run in; nothing of it shows outside a bot."""

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.agent.bot import env_search, environment, log_guard, stand_ins, transport_params
from app.agent.bot.environment import Overlay
from app.agent.bot.session import BotSession, running

SETUP_HOOK = Path(__file__).with_name("setup_hook.py")


def install() -> None:
    """Prepare the process for bots. Any thread; a second call changes nothing.

    Raises MissingRequirementError when Pipecat is not the one that this was written for.
    """
    env_search.install()
    environment.install()
    log_guard.install()
    stand_ins.install()
    transport_params.install()


@contextmanager
def surroundings(session: BotSession, keys: Mapping[str, str]) -> Generator[None]:
    """What one bot finds around it: its own environment, its own log outputs, its stand-ins."""
    with ExitStack() as stack:
        stack.enter_context(running(session))
        stack.enter_context(environment.overlaid(Overlay(keys, str(SETUP_HOOK))))
        stack.enter_context(log_guard.kept_apart())
        stack.enter_context(stand_ins.standing_in())
        yield
