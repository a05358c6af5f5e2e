from pipecat.pipeline.pipeline import Pipeline
from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
from pipecat.services.openai.llm import OpenAILLMService

from app.agent.bot.attaching import processors_of
from app.agent.bot.services import troubles_of


async def test_services_built_with_no_model_or_voice_are_named():
    llm = OpenAILLMService(api_key="k", settings=OpenAILLMService.Settings(model=""))
    whole = OpenAILLMService(api_key="k", settings=OpenAILLMService.Settings(model="gpt-4.1"))
    blank = CartesiaTTSService(api_key="k", settings=CartesiaTTSService.Settings(voice=""))
    none = ElevenLabsTTSService(api_key="k", settings=ElevenLabsTTSService.Settings(voice=None))
    processors = [*processors_of(Pipeline([llm, Pipeline([whole, blank]), none]))]

    assert [trouble.what for trouble in troubles_of(processors)] == [
        "OpenAILLMService was built with no model.",
        "CartesiaTTSService was built with no voice.",
        "ElevenLabsTTSService was built with no voice.",
    ]
    for service in (llm, whole):
        await service._client.close()  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]
