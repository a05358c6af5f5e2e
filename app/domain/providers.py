"""The providers whose keys Greenroom keeps and can test."""

from dataclasses import dataclass

from app.domain.errors import UsageError


@dataclass(frozen=True, slots=True)
class Provider:
    """A company behind services. `id` names it in the keyring and on the command line."""

    id: str
    name: str
    serves: str
    """What its services do, as in `Speech to text`."""
    variables: tuple[str, ...]
    """The environment variables that Pipecat's own scaffolds read its key from; the first is the usual one."""
    monogram: str
    """Two letters that stand for it."""


_STT = "Speech to text"
_LLM = "LLM"
_TTS = "Voice"
_BOTH_WAYS = "Speech to text, voice"
_ALL_THREE = "LLM, speech to text, voice"
_REALTIME_TOO = "LLM, speech to text, voice, realtime"

PROVIDERS: tuple[Provider, ...] = (
    Provider("anthropic", "Anthropic", _LLM, ("ANTHROPIC_API_KEY",), "AN"),
    Provider("assemblyai", "AssemblyAI", _STT, ("ASSEMBLYAI_API_KEY",), "AS"),
    Provider("cartesia", "Cartesia", _BOTH_WAYS, ("CARTESIA_API_KEY",), "CA"),
    Provider("cerebras", "Cerebras", _LLM, ("CEREBRAS_API_KEY",), "CE"),
    Provider("deepgram", "Deepgram", _BOTH_WAYS, ("DEEPGRAM_API_KEY",), "DG"),
    Provider("deepseek", "DeepSeek", _LLM, ("DEEPSEEK_API_KEY",), "DS"),
    Provider("elevenlabs", "ElevenLabs", _BOTH_WAYS, ("ELEVENLABS_API_KEY",), "EL"),
    Provider("fireworks", "Fireworks", _LLM, ("FIREWORKS_API_KEY",), "FW"),
    Provider("fish", "Fish Audio", _TTS, ("FISH_API_KEY",), "FI"),
    Provider("gladia", "Gladia", _STT, ("GLADIA_API_KEY",), "GL"),
    Provider("google", "Google", _REALTIME_TOO, ("GOOGLE_API_KEY",), "GO"),
    Provider("groq", "Groq", _ALL_THREE, ("GROQ_API_KEY",), "GR"),
    Provider("hume", "Hume", _TTS, ("HUME_API_KEY",), "HU"),
    Provider("mistral", "Mistral", _ALL_THREE, ("MISTRAL_API_KEY",), "MI"),
    Provider("openai", "OpenAI", _REALTIME_TOO, ("OPENAI_API_KEY",), "OA"),
    Provider("openrouter", "OpenRouter", _LLM, ("OPENROUTER_API_KEY",), "OR"),
    Provider("rime", "Rime", _TTS, ("RIME_API_KEY",), "RI"),
    Provider("soniox", "Soniox", _BOTH_WAYS, ("SONIOX_API_KEY",), "SO"),
    Provider("speechmatics", "Speechmatics", _BOTH_WAYS, ("SPEECHMATICS_API_KEY",), "SP"),
    Provider("together", "Together", _ALL_THREE, ("TOGETHER_API_KEY",), "TO"),
    Provider("ultravox", "Ultravox", "Realtime", ("ULTRAVOX_API_KEY",), "UV"),
    Provider("xai", "xAI", _REALTIME_TOO, ("XAI_API_KEY",), "XA"),
)
"""In the order of their names: those of Pipecat's services whose key one cheap documented call can test."""

_BY_ID = {provider.id: provider for provider in PROVIDERS}


def provider(provider_id: str) -> Provider:
    """The provider of that id. Raises UsageError, with all ids in its hint, where there is none."""
    found = _BY_ID.get(provider_id)
    if found is None:
        raise UsageError(
            f"No provider is called “{provider_id}”.", f"There are: {', '.join(_BY_ID)}."
        )
    return found
