# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownArgumentType=false
import logging
from collections.abc import Iterator

import pytest
from loguru import logger

from app.agent.bot import log_guard
from app.agent.bot.log_guard import kept_apart


@pytest.fixture
def panel() -> Iterator[list[str]]:
    """What the log of the process gets."""
    log_guard.install()
    log_guard.install()
    lines: list[str] = []
    handler = logger.add(lines.append, format="{message}")
    yield lines
    logger.remove(handler)


def test_a_bot_that_removes_everything_leaves_the_process_its_log(panel: list[str]):
    with kept_apart():
        logger.remove()
        logger.remove(0)
        logger.remove(4711)
        logger.bind(bot=1).remove()
        logger.configure(handlers=[])
        logger.info("still heard")

    assert panel == ["still heard\n"]


def test_the_outputs_of_a_bot_hear_that_bot_and_go_with_it(panel: list[str]):
    one: list[str] = []
    two: list[str] = []
    with kept_apart():
        logger.add(one.append, format="{message}")
        with kept_apart():
            logger.add(two.append, format="{message}", filter=lambda r: "not" not in r["message"])
            logger.info("of two")
            logger.info("not of two")
        logger.info("of one")
    logger.info("of none")

    assert one == ["of one\n"]
    assert two == ["of two\n"]
    assert len(panel) == 4


def test_a_bot_can_remove_its_own_output(panel: list[str]):
    own: list[str] = []
    with kept_apart():
        handler = logger.add(own.append, format="{message}")
        logger.remove(handler)
        logger.info("hello")

    assert own == []
    assert panel == ["hello\n"]


def test_outside_of_bots_loguru_is_as_always(panel: list[str]):
    with pytest.raises(ValueError, match="4711"):
        logger.remove(4711)
    own: list[str] = []
    handler = logger.add(own.append, format="{message}")
    logger.info("hello")
    logger.remove(handler)

    assert own == panel == ["hello\n"]


def test_a_bot_that_sets_logging_up_leaves_the_outputs_of_the_process(panel: list[str]):
    root = logging.getLogger()
    before = [*root.handlers]
    with kept_apart():
        logging.basicConfig(level=logging.DEBUG, force=True)

    assert root.handlers == before
    assert panel == []
