# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
"""Services made from what a preset says, without connecting them."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import pytest

from app.agent.catalogue import catalogue
from app.agent.service_factory import (
    PLACEHOLDER_KEY,
    HttpSession,
    Materials,
    build_service,
    make_settings,
)
from app.domain.errors import UserError
from app.domain.preset_services import CatalogueService

KEYS = {
    "OPENAI_API_KEY": "key-of-openai",
    "DEEPGRAM_API_KEY": "key-of-deepgram",
    "CARTESIA_API_KEY": "key-of-cartesia",
    "ELEVENLABS_API_KEY": "key-of-elevenlabs",
}


@pytest.fixture
async def http() -> AsyncIterator[HttpSession]:
    session = HttpSession()
    yield session
    await session.close()


def materials(http: HttpSession, keys: Mapping[str, str] = KEYS) -> Materials:
    return Materials({entry.id: entry for entry in catalogue()}, keys, http)


async def test_model_settings_and_prompt_reach_the_service(http: HttpSession) -> None:
    chosen = CatalogueService(
        service="openai_llm", model="gpt-4.1-mini", settings={"temperature": 0.4}
    )

    service = build_service(chosen, materials(http), "Be brief.")

    settings = cast("Any", service.settings)
    assert (settings.model, settings.temperature) == ("gpt-4.1-mini", 0.4)
    assert settings.system_instruction == "Be brief."
    assert cast("Any", service)._client.api_key == "key-of-openai"


async def test_no_sdk_tries_again_by_itself(http: HttpSession) -> None:
    service = build_service(CatalogueService(service="openai_llm"), materials(http))

    assert cast("Any", service)._client.max_retries == 0


async def test_a_server_on_this_computer_needs_no_key(http: HttpSession) -> None:
    chosen = CatalogueService(service="openai_llm", model="m", url="http://127.0.0.1:11434/v1")

    client = cast("Any", build_service(chosen, materials(http, {})))._client

    assert client.api_key == PLACEHOLDER_KEY
    assert str(client.base_url) == "http://127.0.0.1:11434/v1/"


async def test_a_socket_goes_where_its_url_says(http: HttpSession) -> None:
    url = "ws://127.0.0.1:9/tts/websocket"

    service = build_service(
        CatalogueService(service="cartesia_tts", voice="v", url=url), materials(http)
    )

    assert cast("Any", service)._url == url
    assert cast("Any", service.settings).voice == "v"


async def test_a_voice_over_http_is_given_the_session(http: HttpSession) -> None:
    service = build_service(
        CatalogueService(service="eleven_labs_http_tts", voice="v"), materials(http)
    )

    assert cast("Any", service)._session is http.get()


async def test_the_voice_of_a_realtime_service_goes_into_its_session(http: HttpSession) -> None:
    chosen = CatalogueService(service="openai_realtime", model="gpt-realtime", voice="cedar")

    settings = cast("Any", build_service(chosen, materials(http), "Be brief.").settings)

    assert settings.session_properties.audio.output.voice == "cedar"
    assert settings.session_properties.instructions == "Be brief."
    assert settings.session_properties.audio.input.transcription is not None


async def test_a_preset_may_want_no_words_of_its_caller(http: HttpSession) -> None:
    silent = {"session_properties": {"audio": {"input": {"transcription": None}}}}
    chosen = CatalogueService(service="openai_realtime", settings=silent)

    settings = cast("Any", build_service(chosen, materials(http)).settings)

    assert settings.session_properties.audio.input.transcription is None


@pytest.mark.parametrize(
    ("chosen", "keys", "says"),
    [
        (CatalogueService(service="openai_llm"), {}, "OpenAI needs OPENAI_API_KEY."),
        (
            CatalogueService(service="openai_llm", settings={"warmth": 1}),
            KEYS,
            "OpenAI has no setting warmth.",
        ),
        (
            CatalogueService(service="openai_llm", settings={"temperature": "hot"}),
            KEYS,
            "OpenAI: temperature is not what it may be.",
        ),
        (
            CatalogueService(service="openai_llm", options={"colour": "red"}),
            KEYS,
            "OpenAI has no option colour.",
        ),
        (CatalogueService(service="no_such_llm"), KEYS, "There is no service 'no_such_llm'."),
    ],
)
async def test_what_is_wrong_is_said(
    http: HttpSession, chosen: CatalogueService, keys: Mapping[str, str], says: str
) -> None:
    with pytest.raises(UserError) as refused:
        build_service(chosen, materials(http, keys))

    assert refused.value.title == says
    assert refused.value.hint


def test_a_class_without_settings_takes_none() -> None:
    assert make_settings(cast("Any", object), {}, "It") is None
    with pytest.raises(UserError, match="It has no settings"):
        make_settings(cast("Any", object), {"model": "m"}, "It")
