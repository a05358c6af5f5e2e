import signal

from app.agent.agent_loop import AgentLoop


def test_a_bot_that_asks_for_signal_handlers_gets_none_and_no_error():
    loop = AgentLoop()
    try:
        before = signal.getsignal(signal.SIGINT)
        loop.add_signal_handler(signal.SIGINT, print, "never")

        assert signal.getsignal(signal.SIGINT) is before
        assert not loop.remove_signal_handler(signal.SIGINT)
    finally:
        loop.close()
