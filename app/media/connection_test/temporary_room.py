"""Opens the room of a test so that it does not outlive it, whatever happens."""

import aiohttp
from livekit import api
from livekit.protocol import room

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.media import tokens
from app.media.connection_test.rejection import reason_of

EMPTY_S = 120
DEPARTURE_S = 30
"""When the server closes it by itself: longer than everybody's full reconnect takes."""
DEADLINE_S = 20.0


async def open_temporary_room(access: ServerAccess, name: str) -> None:
    """Raises UserError."""
    request = room.CreateRoomRequest(
        name=name, empty_timeout=EMPTY_S, departure_timeout=DEPARTURE_S
    )
    timeout = aiohttp.ClientTimeout(total=DEADLINE_S)
    token = tokens.create_rooms_token(access)
    try:
        async with api.LiveKitAPI.with_token(token, access.url, timeout=timeout) as lk:
            await lk.room.create_room(request)
    except api.ServerError as error:
        reason = reason_of(error.message or "") or error.code
        raise UserError(
            f"no room could be opened: {reason}", "Use a key with all rights."
        ) from error
    except aiohttp.ClientError as error:
        raise UserError(
            f"the connection broke ({type(error).__name__})", "Run the test again."
        ) from error
