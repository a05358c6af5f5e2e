# pyright: reportPrivateUsage=false, reportUnknownMemberType=false
"""The bots of the corpus are what they are said to be, and their services can be pointed to the host."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.elevenlabs.tts import ElevenLabsTTSService

from tests.support import real_services as real
from tests.support.bots.corpus import HERE, Bots, bots, generate, keys, point, pointing, sha256
from tests.support.bots.redirect_setup import (
    REDIRECTS,
    NotRedirectedError,
    redirect,
    setup_pipeline_worker,
)
from tests.support.small_pipeline import SmallPipeline
from tests.support.speaking.host import SpeakingHost
from tests.support.speaking.script import What

__all__ = ["bots"]

SERVICES = {
    "quickstart": {"DeepgramSTTService", "OpenAIResponsesLLMService", "CartesiaTTSService"},
    "realtime": {"OpenAIRealtimeLLMService"},
    "scaffold": {"DeepgramSTTService", "OpenAILLMService", "ElevenLabsTTSService"},
}


def test_the_stock_bot_is_what_pipecat_writes(bots: Bots, tmp_path: Path) -> None:
    ours = bots.quickstart(tmp_path / "ours")

    again = generate(tmp_path / "again", "quickstart") / "server" / "bot.py"

    assert sha256(ours) == sha256(again)


@pytest.mark.parametrize("name", SERVICES)
def test_a_generated_bot_names_the_services_that_the_host_speaks_for(
    bots: Bots, tmp_path: Path, name: str
) -> None:
    bot: Path = getattr(bots, name)(tmp_path)

    called = {
        node.func.id
        for node in ast.walk(ast.parse(bot.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    assert {each for each in called if each.endswith("Service")} == SERVICES[name]
    assert SERVICES[name] <= set(REDIRECTS)


def test_a_blanked_bot_has_its_variables_empty(bots: Bots, tmp_path: Path) -> None:
    bot = bots.blanked(tmp_path)

    assert "OPENAI_MODEL=\n" in (bot.parent / ".env").read_text()


@pytest.mark.parametrize("name", sorted(each.name for each in (HERE / "written").iterdir()))
def test_what_people_wrote_has_an_entry(bots: Bots, tmp_path: Path, name: str) -> None:
    """Read, not imported: what some of them do to the process is the point of them."""
    tree = ast.parse(bots.written(name, tmp_path).read_text())

    entries = [node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef)]

    assert entries[-1] == "bot"


def test_a_bot_is_pointed_by_its_env_file(bots: Bots, tmp_path: Path) -> None:
    bot = bots.written("with_tools", tmp_path)

    point(bot, "http://127.0.0.1:1", keys("ada"))

    lines = (bot.parent / ".env").read_text().splitlines()
    assert "DEEPGRAM_API_KEY=ada-deepgram" in lines
    assert "SPEAKING_HOST=http://127.0.0.1:1" in lines


async def test_services_that_were_built_for_the_world_reach_the_host(
    host: SpeakingHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in pointing(host.address).items():
        monkeypatch.setenv(name, value)
    services: list[FrameProcessor] = [
        DeepgramSTTService(api_key="ears"),
        CartesiaTTSService(api_key="voice", settings=CartesiaTTSService.Settings(voice="a-voice")),
        ElevenLabsTTSService(
            api_key="other", settings=ElevenLabsTTSService.Settings(voice="a-voice")
        ),
    ]

    async with SmallPipeline(tuple(services)).running():
        pass

    connected = [each for each in host.script.entries() if each.what is What.CONNECTED]
    assert {(each.service, each.key) for each in connected} == {
        ("deepgram", "ears"),
        ("cartesia", "voice"),
        ("elevenlabs", "other"),
    }


async def test_models_are_pointed_as_well(host: SpeakingHost) -> None:
    async with real.responses(host) as service, real.chat(host) as chat:
        realtime = real.realtime(host)
        names = [redirect(each, "http://elsewhere") for each in (service, chat, realtime)]

        assert service._ws_url == "ws://elsewhere/openai/v1/responses"
        assert str(chat._client.base_url) == "http://elsewhere/openai/v1/"
        assert realtime.base_url == "ws://elsewhere/openai/v1/realtime?model=gpt-realtime"
    assert names == ["OpenAIResponsesLLMService", "OpenAILLMService", "OpenAIRealtimeLLMService"]


def test_a_service_with_other_insides_is_reported() -> None:
    class CartesiaTTSService(FrameProcessor):
        """As after a renaming in Pipecat."""

    with pytest.raises(NotRedirectedError, match="CartesiaTTSService has no _url"):
        redirect(CartesiaTTSService(), "http://elsewhere")


async def test_without_an_address_nothing_is_pointed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPEAKING_HOST", raising=False)
    worker = PipelineWorker(Pipeline([FrameProcessor()]))

    with pytest.raises(NotRedirectedError, match="SPEAKING_HOST"):
        await setup_pipeline_worker(worker)


def test_the_set_up_file_needs_nothing_of_the_tests(tmp_path: Path) -> None:
    code = f"import runpy; runpy.run_path({str(HERE / 'redirect_setup.py')!r})"

    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        check=True,
        timeout=60,
    )
