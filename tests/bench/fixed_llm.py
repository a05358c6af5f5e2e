"""A language model that always takes the same time and says the same, so that two arms can be compared.

python -m tests.bench.fixed_llm                    serve, and print the address
python -m tests.bench.fixed_llm MODULE ARGUMENTS   run `python -m MODULE` with that model in place of SmolLM2,
                                                   at the address in FIXED_LLM
"""

import asyncio
import json
import os
import runpy
import sys

from aiohttp import web

from app.agent import local_models

ADDRESS = "FIXED_LLM"
FIRST_TOKEN_S = 0.15
TOKEN_S = 0.015
REPLY = ("The", "library", "closes", "at", "seven", "in", "the", "evening.")


class FixedLlm:
    """Stands where `LlamaServer` does."""

    def __init__(self) -> None:
        self.base_url = os.environ[ADDRESS]
        self.api_key = "none"

    def read(self, messages: object) -> None:
        """There is nothing to warm."""

    def close(self) -> None:
        """The model is another process."""


async def complete(request: web.Request) -> web.StreamResponse:
    asked = await request.json()
    if not asked.get("stream"):
        return web.json_response(_chunk(message={"role": "assistant", "content": "."}))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await asyncio.sleep(FIRST_TOKEN_S)
    for word in REPLY:
        chunk = _chunk(delta={"role": "assistant", "content": f"{word} "})
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
        await asyncio.sleep(TOKEN_S)
    usage = {"prompt_tokens": 1, "completion_tokens": len(REPLY), "total_tokens": len(REPLY) + 1}
    end = _chunk("stop", delta={}) | {"usage": usage}
    await response.write(f"data: {json.dumps(end)}\n\ndata: [DONE]\n\n".encode())
    return response


async def serve() -> None:
    application = web.Application()
    application.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    _, port = runner.addresses[0][:2]
    sys.stdout.write(f"http://127.0.0.1:{port}/v1\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def _chunk(finished: str | None = None, **says: object) -> dict[str, object]:
    choices = [{"index": 0, "finish_reason": finished, **says}]
    about: dict[str, object] = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "fixed",
    }
    return about | {"choices": choices}


def main() -> None:
    if len(sys.argv) == 1:
        asyncio.run(serve())
        return
    local_models.load_llama_server = FixedLlm
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=False)


if __name__ == "__main__":
    main()
