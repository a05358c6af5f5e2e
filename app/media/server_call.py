"""One request to a server's API, whose failure is told in words."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from google.protobuf.message import DecodeError
from livekit import api

from app.domain.errors import UserError

DEADLINE_S = 5.0


class RefusedError(UserError):
    """The server answered, and refused; `code` and `message` are its own words for why, `status` is HTTP's."""

    def __init__(self, title: str, hint: str, error: api.ServerError) -> None:
        super().__init__(title, hint)
        self.code = error.code
        self.message = error.message
        self.status = error.status


@asynccontextmanager
async def server_call(
    url: str, token: str, what: str, deadline_s: float = DEADLINE_S
) -> AsyncGenerator[api.LiveKitAPI]:
    """A connection for one request.

    Raises UserError "Could not `what`": RefusedError where the server says no.
    """
    title = f"Could not {what}."
    try:
        async with (
            asyncio.timeout(deadline_s),
            # Failover would try other hosts of LiveKit Cloud past the deadline.
            api.LiveKitAPI.with_token(token, url, failover=False) as lk,
        ):
            yield lk
    except api.ServerError as error:
        raise RefusedError(title, _hint(error), error) from error
    except TimeoutError as error:
        hint = f"The server did not answer within {deadline_s:g} s."
        raise UserError(title, hint) from error
    except aiohttp.ClientSSLError as error:
        raise UserError(title, "Its certificate is not trusted: test the connection.") from error
    except aiohttp.ClientError as error:
        raise UserError(title, f"No LiveKit server answers at {url}.") from error
    except DecodeError as error:
        raise UserError(title, "This is not a LiveKit server.") from error


def _hint(error: api.ServerError) -> str:
    match error.status:
        case HTTPStatus.UNAUTHORIZED:
            return "The server rejects the API key or secret, or this computer's clock is off."
        case HTTPStatus.FORBIDDEN:
            return "The API key does not permit this."
        case HTTPStatus.NOT_FOUND if error.code == api.ServerErrorCode.NOT_FOUND:
            return "It is not there any more."
        case HTTPStatus.NOT_FOUND:
            return "This is not a LiveKit server, or an older version."
        case _:
            return f"The server says: {error.message or error.code}"
