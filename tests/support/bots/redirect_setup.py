# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false
"""A set-up file that points a bot's real services to the provider host, without a change to the bot.

Name it in PIPECAT_SETUP_FILES and give the host's address in SPEAKING_HOST. Pipecat runs it in the process of the
bot, before the services connect; it imports nothing of the tests, so that it works from any folder. Where a service
lacks an attribute that is rewritten here it raises, and Pipecat logs that.
"""

import os
from collections.abc import Callable, Iterator
from importlib import import_module

from loguru import logger
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor

ADDRESS = "SPEAKING_HOST"


class NotRedirectedError(RuntimeError):
    """A service has other insides than this file knows."""


def _set(target: object, attribute: str, value: object) -> None:
    if not hasattr(target, attribute):
        raise NotRedirectedError(f"{type(target).__name__} has no {attribute}")
    setattr(target, attribute, value)


def _get(target: object, attribute: str) -> object:
    if not hasattr(target, attribute):
        raise NotRedirectedError(f"{type(target).__name__} has no {attribute}")
    return getattr(target, attribute)


def _deepgram(service: FrameProcessor, http: str, socket: str) -> None:
    wrapper = _get(_get(service, "_client"), "_client_wrapper")
    environment = import_module("deepgram").DeepgramClientEnvironment
    place, talk = f"{http}/deepgram", f"{socket}/deepgram"
    # Replaced as a whole: what is there by default is shared by all clients.
    _get(wrapper, "_environment")
    ours = environment(base=place, production=talk, agent=talk, agent_rest=place)
    _set(wrapper, "_environment", ours)


def _openai_http(service: FrameProcessor, http: str, _socket: str) -> None:
    _set(_get(service, "_client"), "base_url", f"{http}/openai/v1")


def _openai_responses(service: FrameProcessor, http: str, socket: str) -> None:
    _openai_http(service, http, socket)
    _set(service, "_ws_url", f"{socket}/openai/v1/responses")


def _openai_realtime(service: FrameProcessor, _http: str, socket: str) -> None:
    query = str(_get(service, "base_url")).partition("?")[2]
    _set(service, "base_url", f"{socket}/openai/v1/realtime?{query}")


def _cartesia(service: FrameProcessor, _http: str, socket: str) -> None:
    _set(service, "_url", f"{socket}/cartesia/tts/websocket")


def _elevenlabs(service: FrameProcessor, _http: str, socket: str) -> None:
    _set(service, "_url", f"{socket}/elevenlabs")


REDIRECTS: dict[str, Callable[[FrameProcessor, str, str], None]] = {
    "DeepgramSTTService": _deepgram,
    "OpenAILLMService": _openai_http,
    "OpenAIResponsesHttpLLMService": _openai_http,
    "OpenAIResponsesLLMService": _openai_responses,
    "OpenAIRealtimeLLMService": _openai_realtime,
    "CartesiaTTSService": _cartesia,
    "ElevenLabsTTSService": _elevenlabs,
}
"""By the name of the class; a subclass goes by its first known ancestor."""


def _all(processor: FrameProcessor) -> Iterator[FrameProcessor]:
    yield processor
    for each in processor.processors:
        yield from _all(each)


def redirect(processor: FrameProcessor, address: str) -> str | None:
    """Point one service to the host at `http://…`; its name, or None where it is no service that is known."""
    known = (kind.__name__ for kind in type(processor).__mro__ if kind.__name__ in REDIRECTS)
    name = next(known, None)
    if name is not None:
        REDIRECTS[name](processor, address, address.replace("http://", "ws://", 1))
    return name


async def setup_pipeline_worker(worker: PipelineWorker) -> None:
    """Called by Pipecat when a worker is about to set its pipeline up."""
    address = os.environ.get(ADDRESS)
    if not address:
        raise NotRedirectedError(f"{ADDRESS} is not set")
    done = [name for each in _all(worker.pipeline) if (name := redirect(each, address))]
    logger.info(f"Pointed to {address}: {', '.join(done) or 'nothing'}")
