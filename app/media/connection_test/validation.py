"""What a server says of a token, or whether it says anything."""

import asyncio
from http import HTTPStatus

import aiohttp

from app.domain.errors import UserError
from app.media.connection_test.answering import VALIDATE
from app.media.connection_test.trial import Trial

ANSWER_S = 3.0


async def rejection(trial: Trial, token: str) -> str | None:
    """The text with which the server rejects a token; None when it accepts it. Raises UserError."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with trial.http.get(f"{trial.url.http}{VALIDATE}", headers=headers) as answer:
            text = (await answer.content.read(4000)).decode(errors="replace")
    except aiohttp.ClientError as error:
        raise UserError(
            f"the connection broke ({type(error).__name__})", "Run the test again."
        ) from error
    return None if answer.status == HTTPStatus.OK else text or f"HTTP {answer.status}"


async def still_answers(trial: Trial) -> bool:
    """Whether the server is there at all."""
    try:
        async with asyncio.timeout(ANSWER_S), trial.http.get(f"{trial.url.http}/"):
            return True
    except (aiohttp.ClientError, TimeoutError):
        return False
