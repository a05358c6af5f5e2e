"""Creates, lists and deletes rooms on a server, and removes participants from them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
from livekit import api
from livekit.protocol import models, room

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.media import tokens
from app.media.server_config import ROOM_TIMEOUT_S

DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True)
class RoomListing:
    """A room that is open. Its participant count leaves out agents and hidden listeners."""

    name: str
    participant_count: int


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody in a room, hidden listeners included."""

    identity: str
    name: str
    hidden: bool
    is_agent: bool


class Rooms:
    """The rooms of one server. Each call mints a token for itself, has a deadline and raises `UserError`.

    Any loop.
    """

    def __init__(self, server: ServerAccess, deadline_s: float = DEADLINE_S) -> None:
        self._server = server
        self._deadline_s = deadline_s

    async def create(self, name: str) -> None:
        """Open a room that stays open with only an agent in it; one that is open already is left as it is."""
        request = room.CreateRoomRequest(
            name=name, empty_timeout=ROOM_TIMEOUT_S, departure_timeout=ROOM_TIMEOUT_S
        )
        async with self._asking(tokens.create_rooms_token(self._server), "open the room") as lk:
            await lk.room.create_room(request)

    async def delete(self, name: str) -> None:
        """Close a room and put out who is in it; nothing happens when it is closed already."""
        async with self._asking(tokens.create_rooms_token(self._server), "close the room") as lk:
            try:
                await lk.room.delete_room(room.DeleteRoomRequest(room=name))
            except api.ServerError as error:
                if error.code != api.ServerErrorCode.NOT_FOUND:
                    raise

    async def open_rooms(self) -> list[RoomListing]:
        async with self._asking(tokens.list_rooms_token(self._server), "list the rooms") as lk:
            answer = await lk.room.list_rooms(room.ListRoomsRequest())
        return [RoomListing(found.name, found.num_participants) for found in answer.rooms]

    async def participants(self, name: str) -> list[Attendee]:
        """Who is in a room; nobody when it is closed."""
        token = tokens.administer_room_token(self._server, name)
        async with self._asking(token, "see who is in the room") as lk:
            answer = await lk.room.list_participants(room.ListParticipantsRequest(room=name))
        return [_attendee(found) for found in answer.participants]

    async def remove_participant(self, name: str, identity: str) -> None:
        """Put somebody out of a room; nothing happens when they have left it."""
        token = tokens.administer_room_token(self._server, name)
        async with self._asking(token, f"remove {identity} from the room") as lk:
            try:
                await lk.room.remove_participant(
                    room.RoomParticipantIdentity(room=name, identity=identity)
                )
            except api.ServerError as error:
                if error.code != api.ServerErrorCode.NOT_FOUND:
                    raise

    @asynccontextmanager
    async def _asking(self, token: str, what: str) -> AsyncGenerator[api.LiveKitAPI]:
        """A connection for one request, whose failure is told as "Could not `what`"."""
        try:
            async with (
                asyncio.timeout(self._deadline_s),
                api.LiveKitAPI.with_token(token, self._server.url) as lk,
            ):
                yield lk
        except api.ServerError as error:
            raise UserError(f"Could not {what}.", _hint(error)) from error
        except TimeoutError as error:
            hint = f"The server did not answer within {self._deadline_s:g} s."
            raise UserError(f"Could not {what}.", hint) from error
        except aiohttp.ClientError as error:
            hint = f"No LiveKit server answers at {self._server.url}."
            raise UserError(f"Could not {what}.", hint) from error


def _attendee(found: models.ParticipantInfo) -> Attendee:
    is_agent = found.kind == models.ParticipantInfo.AGENT
    return Attendee(found.identity, found.name, found.permission.hidden, is_agent)


def _hint(error: api.ServerError) -> str:
    match error.status:
        case HTTPStatus.UNAUTHORIZED:
            return "The server rejects the API key or secret, or this computer's clock is off."
        case HTTPStatus.FORBIDDEN:
            return "The API key does not permit this."
        case HTTPStatus.NOT_FOUND:
            return "This is not a LiveKit server, or an older version."
        case _:
            return f"The server says: {error.message or error.code}"
