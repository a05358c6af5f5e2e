"""How each provider's key is tested: its cheapest call that needs a key, as documented by the provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.keys import Verdict

JsonPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catch:
    """What a provider may say of a key in an answer that is otherwise good.

    It holds where the value at `path` is `when`, or is a number of at most `at_most`.
    """

    path: JsonPath
    verdict: Verdict
    when: bool | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """One HTTP request; its answer to a good key is JSON."""

    host: str
    """Scheme and host of the provider's public API; `path` begins after it."""
    path: str
    header: str = "Authorization"
    """The header that carries the key."""
    scheme: str = "Bearer "
    """What stands before the key in the header."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Sent besides; they hold nothing of the key."""
    body: Mapping[str, str] | None = None
    """Sent by POST as JSON; without one the request is a GET."""
    catches: tuple[Catch, ...] = ()


RECIPES: Mapping[str, Recipe] = {
    "anthropic": Recipe(
        "https://api.anthropic.com",
        "/v1/models?limit=1",
        header="x-api-key",
        scheme="",
        headers={"anthropic-version": "2023-06-01"},
    ),
    "assemblyai": Recipe("https://api.assemblyai.com", "/v2/transcript?limit=1", scheme=""),
    "cartesia": Recipe(
        "https://api.cartesia.ai", "/voices/?limit=1", headers={"Cartesia-Version": "2025-04-16"}
    ),
    "cerebras": Recipe("https://api.cerebras.ai", "/v1/models"),
    "deepgram": Recipe("https://api.deepgram.com", "/v1/auth/token", scheme="Token "),
    "deepseek": Recipe(
        "https://api.deepseek.com",
        "/user/balance",
        catches=(Catch(("is_available",), Verdict.NO_CREDIT, when=False),),
    ),
    # /v1/user would need a permission that keys made for voices alone lack.
    "elevenlabs": Recipe(
        "https://api.elevenlabs.io", "/v2/voices?page_size=1", header="xi-api-key", scheme=""
    ),
    "fireworks": Recipe("https://api.fireworks.ai", "/inference/v1/models"),
    "fish": Recipe(
        "https://api.fish.audio",
        "/wallet/self/api-credit",
        catches=(Catch(("credit",), Verdict.NO_CREDIT, at_most=0.0),),
    ),
    "gladia": Recipe(
        "https://api.gladia.io", "/v2/pre-recorded?limit=1", header="x-gladia-key", scheme=""
    ),
    # In a header: Google takes the key in the URL too, where every proxy would log it.
    "google": Recipe(
        "https://generativelanguage.googleapis.com",
        "/v1beta/models?pageSize=1",
        header="x-goog-api-key",
        scheme="",
    ),
    "groq": Recipe("https://api.groq.com", "/openai/v1/models"),
    "hume": Recipe(
        "https://api.hume.ai",
        "/v0/tts/voices?provider=CUSTOM_VOICE&page_size=1",
        header="X-Hume-Api-Key",
        scheme="",
    ),
    "mistral": Recipe("https://api.mistral.ai", "/v1/models"),
    "openai": Recipe("https://api.openai.com", "/v1/models"),
    # Its list of models is public and would accept any key.
    "openrouter": Recipe(
        "https://openrouter.ai",
        "/api/v1/key",
        catches=(Catch(("data", "limit_remaining"), Verdict.NO_CREDIT, at_most=0.0),),
    ),
    # Its lists of voices are public; looking a word up in the dictionary is free and needs a key.
    "rime": Recipe("https://users.rime.ai", "/oov", body={"text": "hello"}),
    "soniox": Recipe("https://api.soniox.com", "/v1/models"),
    "speechmatics": Recipe("https://eu1.asr.api.speechmatics.com", "/v2/jobs?limit=1"),
    "together": Recipe("https://api.together.xyz", "/v1/models"),
    "ultravox": Recipe(
        "https://api.ultravox.ai", "/api/accounts/me", header="X-API-Key", scheme=""
    ),
    "xai": Recipe(
        "https://api.x.ai",
        "/v1/api-key",
        catches=(
            Catch(("team_blocked",), Verdict.REJECTED, when=True),
            Catch(("api_key_blocked",), Verdict.REJECTED, when=True),
            Catch(("api_key_disabled",), Verdict.REJECTED, when=True),
        ),
    ),
}
"""By the provider's id."""
