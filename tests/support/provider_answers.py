"""What each provider's documentation says of the call that tests a key: how the key travels, what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass

Json = Mapping[str, object] | list[object]


@dataclass(frozen=True, slots=True)
class ProviderAnswers:
    """One provider's call: where it is, the header with the key, and the answers to a good and an unknown key."""

    path: str
    header: str
    scheme: str
    good: Json
    unknown_key: Json
    unknown_key_status: int = 401
    method: str = "GET"
    also_needs: tuple[str, ...] = ()


def _openai_like(path: str) -> ProviderAnswers:
    return ProviderAnswers(
        path,
        "Authorization",
        "Bearer ",
        {"object": "list", "data": [{"id": "a-model", "object": "model", "owned_by": "them"}]},
        {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}},
    )


ANSWERS: Mapping[str, ProviderAnswers] = {
    "anthropic": ProviderAnswers(
        "/v1/models",
        "x-api-key",
        "",
        {"data": [{"type": "model", "id": "a-model"}], "has_more": False},
        {
            "type": "error",
            "error": {"type": "authentication_error", "message": "invalid x-api-key"},
        },
        also_needs=("anthropic-version",),
    ),
    "assemblyai": ProviderAnswers(
        "/v2/transcript",
        "Authorization",
        "",
        {"page_details": {"limit": 1, "result_count": 0}, "transcripts": []},
        {"error": "Authentication error, API token missing/invalid"},
    ),
    "cartesia": ProviderAnswers(
        "/voices/",
        "Authorization",
        "Bearer ",
        {"data": [], "has_more": False},
        {"error": "Invalid API key"},
        also_needs=("Cartesia-Version",),
    ),
    "cerebras": _openai_like("/v1/models"),
    "deepgram": ProviderAnswers(
        "/v1/auth/token",
        "Authorization",
        "Token ",
        {"api_key_id": "id", "scopes": ["usage:write"]},
        {"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials.", "request_id": "id"},
    ),
    "deepseek": ProviderAnswers(
        "/user/balance",
        "Authorization",
        "Bearer ",
        {"is_available": True, "balance_infos": [{"currency": "USD", "total_balance": "4.20"}]},
        {"error": {"message": "Authentication Fails", "type": "authentication_error"}},
    ),
    "elevenlabs": ProviderAnswers(
        "/v2/voices",
        "xi-api-key",
        "",
        {"voices": [], "has_more": False, "total_count": 0},
        {"detail": {"status": "invalid_api_key", "message": "Invalid API key"}},
    ),
    "fireworks": _openai_like("/inference/v1/models"),
    "fish": ProviderAnswers(
        "/wallet/self/api-credit",
        "Authorization",
        "Bearer ",
        {"_id": "id", "user_id": "id", "credit": "9.5", "has_free_credit": False},
        {"status": 401, "message": "Invalid Token"},
    ),
    "gladia": ProviderAnswers(
        "/v2/pre-recorded",
        "x-gladia-key",
        "",
        {"first": "", "current": "", "next": None, "items": []},
        {"statusCode": 401, "message": "gladia key not found"},
    ),
    "google": ProviderAnswers(
        "/v1beta/models",
        "x-goog-api-key",
        "",
        {"models": [{"name": "models/a-model"}], "nextPageToken": "next"},
        {
            "error": {
                "code": 400,
                "message": "API key not valid. Please pass a valid API key.",
                "status": "INVALID_ARGUMENT",
                "details": [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}],
            }
        },
        unknown_key_status=400,
    ),
    "groq": _openai_like("/openai/v1/models"),
    "hume": ProviderAnswers(
        "/v0/tts/voices",
        "X-Hume-Api-Key",
        "",
        {"page_number": 0, "page_size": 1, "total_pages": 0, "voices_page": []},
        {
            "fault": {
                "faultstring": "Invalid ApiKey",
                "detail": {"errorcode": "oauth.v2.InvalidApiKey"},
            }
        },
    ),
    "mistral": _openai_like("/v1/models"),
    "openai": _openai_like("/v1/models"),
    "openrouter": ProviderAnswers(
        "/api/v1/key",
        "Authorization",
        "Bearer ",
        {"data": {"label": "a key", "limit": 5, "limit_remaining": 4.9, "is_free_tier": False}},
        {"error": {"message": "User not found.", "code": 401}},
    ),
    "rime": ProviderAnswers(
        "/oov", "Authorization", "Bearer ", [], {"error": "Unauthorized"}, method="POST"
    ),
    "soniox": ProviderAnswers(
        "/v1/models",
        "Authorization",
        "Bearer ",
        {"models": [{"id": "a-model"}]},
        {"status_code": 401, "error_type": "unauthenticated", "message": "Invalid API key."},
    ),
    "speechmatics": ProviderAnswers(
        "/v2/jobs",
        "Authorization",
        "Bearer ",
        {"jobs": []},
        {"code": 401, "error": "Permission Denied", "detail": "The token is not valid."},
    ),
    "together": ProviderAnswers(
        "/v1/models",
        "Authorization",
        "Bearer ",
        [{"id": "a-model", "type": "chat"}],
        {"error": {"message": "Invalid API key provided.", "type": "invalid_request_error"}},
    ),
    "ultravox": ProviderAnswers(
        "/api/accounts/me",
        "X-API-Key",
        "",
        {"name": "an account", "activeCalls": 0},
        {"detail": "Invalid API key."},
        unknown_key_status=403,
    ),
    "xai": ProviderAnswers(
        "/v1/api-key",
        "Authorization",
        "Bearer ",
        {
            "name": "a key",
            "team_blocked": False,
            "api_key_blocked": False,
            "api_key_disabled": False,
        },
        {"code": "Client specified an invalid argument", "error": "Incorrect API key provided."},
        unknown_key_status=400,
    ),
}
"""By the provider's id."""
