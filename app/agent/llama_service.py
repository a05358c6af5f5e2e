# pyright: reportUnknownMemberType=false
"""Pipecat's view of the local language model."""

import asyncio
import logging

import openai
from pipecat.frames.frames import (
    Frame,
    LLMContextAssistantTurnFrame,
    LLMContextFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.ollama.llm import OLLamaLLMService

from app.agent.llama_server import MODEL_NAME, LlamaServer
from app.domain.preset_services import SmolLm2

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 5.0
SENTENCE_ENDS = [". ", "! ", "? ", "\n"]


class SmolLm2Service(OLLamaLLMService):
    """Answers with the model of this process, and has it read ahead while the caller still speaks.

    Reading a question of twenty tokens takes this model a fifth of a second on one core. What it has read before
    it is asked costs nothing, as long as the beginning stays the same.
    """

    def __init__(self, server: LlamaServer, preset: SmolLm2, system_prompt: str) -> None:
        super().__init__(
            base_url=server.base_url,
            api_key=server.api_key,
            settings=OLLamaLLMService.Settings(
                model=MODEL_NAME,
                system_instruction=system_prompt,
                temperature=preset.temperature,
                max_completion_tokens=preset.max_tokens,
                extra={"stop": SENTENCE_ENDS} if preset.one_sentence else {},
            ),
        )
        self._reads_ahead = preset.prefill
        self._conversation: LLMContext | None = None
        self._wanted: str | None = None
        self._reader: asyncio.Task[None] | None = None

    def follow(self, conversation: LLMContext) -> None:
        """Read ahead in this conversation from now on."""
        self._conversation = conversation

    def read_ahead(self, words: str) -> None:
        """Read what the caller has said so far. Agent loop only; returns at once, and the newest words win."""
        if not self._reads_ahead or self._conversation is None:
            return
        self._wanted = words
        if self._reader is None or self._reader.done():
            self._reader = self.create_task(self._read_wanted(), "read_ahead")

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, LLMContextFrame):
            self._wanted = None
        elif isinstance(frame, LLMContextAssistantTurnFrame):
            # The answer as it was spoken is not always the answer as it was generated.
            self.read_ahead("")
        await super().process_frame(frame, direction)

    async def cleanup(self) -> None:
        if self._reader is not None and not self._reader.done():
            await self.cancel_task(self._reader)
        await super().cleanup()
        # Pipecat leaves the connections to the model's server open.
        await self._client.close()

    async def _read_wanted(self) -> None:
        while (words := self._wanted) is not None and self._conversation is not None:
            self._wanted = None
            so_far = LLMContext([*self._conversation.messages, {"role": "user", "content": words}])
            try:
                async with asyncio.timeout(READ_TIMEOUT_S):
                    await self.run_inference(so_far, max_tokens=1)
            except (openai.OpenAIError, TimeoutError) as error:
                log.warning("reading ahead failed: %s", error)
