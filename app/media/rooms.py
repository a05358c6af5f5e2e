"""Creates, lists and closes the rooms of a server, and does what can be done with the people in them."""

import json
import secrets
import time
from contextlib import AbstractAsyncContextManager

from livekit import api
from livekit.protocol import models, room

from app.domain.access import ServerAccess
from app.domain.errors import UserError
from app.domain.rooms import PERMISSIONS_SHOWN, NewRoom, PersonView
from app.media import tokens
from app.media.room_views import person_view
from app.media.server_call import DEADLINE_S, RefusedError, server_call
from app.media.server_config import ROOM_TIMEOUT_S

CHAT_TOPIC = "lk-chat-topic"
"""What LiveKit's own components show as chat when it comes from the server's API."""
LONGEST_MESSAGE = 4000
LONGEST_NAME = 256
"""Bytes of a room's name that a server takes (livekit-server's `limit.max_room_name_length`)."""
MOVED_BY_CLOUD_ONLY = (
    "Only LiveKit Cloud can move people between rooms. Invite them to the other room instead."
)
UNMUTED_BY_THEMSELVES = (
    "This server lets nobody be unmuted from outside (its setting “room.enable_remote_unmute” is off): "
    "they have to do it themselves."
)
FAILED_PRECONDITION = api.ServerErrorCode.FAILED_PRECONDITION
NOT_FOUND = api.ServerErrorCode.NOT_FOUND
UNIMPLEMENTED = api.ServerErrorCode.UNIMPLEMENTED


class Rooms:
    """The rooms of one server. Each call mints a token for itself, has a deadline and raises `UserError`.

    Any loop.
    """

    def __init__(self, server: ServerAccess, deadline_s: float = DEADLINE_S) -> None:
        self._server = server
        self._deadline_s = deadline_s

    # Rooms

    async def create(self, name: str) -> None:
        """Open a room that stays open with only an agent in it; one that is open already is left as it is."""
        timeout_s = ROOM_TIMEOUT_S
        await self.open(NewRoom(name, empty_timeout_s=timeout_s, departure_timeout_s=timeout_s))

    async def open(self, new: NewRoom) -> None:
        """Open a room; one of that name that is open already is left as it is."""
        _require_name(new.name)
        request = room.CreateRoomRequest(
            name=new.name,
            empty_timeout=new.empty_timeout_s,
            departure_timeout=new.departure_timeout_s,
            max_participants=new.people_at_most,
            metadata=_text(new.metadata),
        )
        token = tokens.create_rooms_token(self._server)
        async with self._call(token, "open the room") as lk:
            await lk.room.create_room(request)

    async def delete(self, name: str) -> None:
        """Close a room and put out who is in it; nothing happens when it is closed already."""
        token = tokens.create_rooms_token(self._server)
        try:
            async with self._call(token, "close the room") as lk:
                await lk.room.delete_room(room.DeleteRoomRequest(room=name))
        except RefusedError as error:
            if error.code != NOT_FOUND:
                raise

    async def set_metadata(self, name: str, metadata: str) -> None:
        token = tokens.administer_room_token(self._server, name)
        async with self._call(token, "change the room's metadata") as lk:
            await lk.room.update_room_metadata(
                room.UpdateRoomMetadataRequest(room=name, metadata=_text(metadata))
            )

    async def listed(self) -> list[models.Room]:
        """Every room that is open, as the server tells of it."""
        async with self._call(tokens.list_rooms_token(self._server), "list the rooms") as lk:
            answer = await lk.room.list_rooms(room.ListRoomsRequest())
        return list(answer.rooms)

    # People

    async def people(self, name: str) -> tuple[PersonView, ...]:
        """Who is in a room, hidden listeners included; nobody when it is closed."""
        token = tokens.administer_room_token(self._server, name)
        async with self._call(token, "see who is in the room") as lk:
            answer = await lk.room.list_participants(room.ListParticipantsRequest(room=name))
        return tuple(person_view(found) for found in answer.participants)

    async def remove_participant(self, name: str, identity: str) -> None:
        """Put somebody out of a room; nothing happens when they have left it.

        Whoever still has a token can come back until it expires.
        """
        token = tokens.administer_room_token(self._server, name)
        who = room.RoomParticipantIdentity(room=name, identity=identity)
        try:
            async with self._call(token, f"remove {identity} from the room") as lk:
                await lk.room.remove_participant(who)
        except RefusedError as error:
            if error.code != NOT_FOUND:
                raise

    async def mute(self, name: str, identity: str, track_sid: str, *, muted: bool) -> None:
        """Mute a track, or unmute it where the server permits that."""
        token = tokens.administer_room_token(self._server, name)
        what = f"{'mute' if muted else 'unmute'} {identity}"
        request = room.MuteRoomTrackRequest(
            room=name, identity=identity, track_sid=track_sid, muted=muted
        )
        try:
            async with self._call(token, what) as lk:
                answer = await lk.room.mute_published_track(request)
        except RefusedError as error:
            if muted or error.code != FAILED_PRECONDITION:
                raise
            raise UserError(error.title, UNMUTED_BY_THEMSELVES) from error
        if not answer.track.sid:
            raise UserError(f"Could not {what}.", "They have stopped sending this track.")

    async def permit(self, name: str, identity: str, permission: str, *, allowed: bool) -> None:
        """Change one permission; all others stay as the server has them, those unknown here too."""
        if permission not in PERMISSIONS_SHOWN:
            raise UserError(f"{permission} is no permission that can be changed here.")
        token = tokens.administer_room_token(self._server, name)
        async with self._call(token, f"change what {identity} may do") as lk:
            who = room.RoomParticipantIdentity(room=name, identity=identity)
            found = await lk.room.get_participant(who)
            # The server replaces the whole set, so the whole set goes back.
            changed = models.ParticipantPermission()
            changed.CopyFrom(found.permission)
            setattr(changed, permission, allowed)
            await lk.room.update_participant(
                room.UpdateParticipantRequest(room=name, identity=identity, permission=changed)
            )

    async def send(self, name: str, identity: str, text: str) -> None:
        """Send a chat message to one participant, or to all with an empty identity.

        Raises UserError where nobody gets it: a server takes a message for those who are gone without a word.
        """
        if not text.strip() or len(text) > LONGEST_MESSAGE:
            raise UserError(
                "There is no message to send.", f"It has 1 to {LONGEST_MESSAGE} characters."
            )
        message = {
            "id": secrets.token_hex(8),
            "timestamp": round(time.time() * 1000),
            "message": _text(text),
        }
        inside = {who.identity for who in await self.people(name) if identity in ("", who.identity)}
        if not inside:
            whom = (
                f"{identity} is not in the room any more." if identity else "Nobody is in the room."
            )
            raise UserError("Could not send the message.", whom)
        request = room.SendDataRequest(
            room=name,
            data=json.dumps(message, ensure_ascii=False).encode(),
            kind=models.DataPacket.RELIABLE,
            destination_identities=[identity] if identity else [],
            topic=CHAT_TOPIC,
        )
        token = tokens.administer_room_token(self._server, name)
        async with self._call(token, "send the message") as lk:
            await lk.room.send_data(request)

    async def move(self, name: str, identity: str, to_room: str) -> None:
        """Move somebody to another room where the server can."""
        request = room.MoveParticipantRequest(
            room=name, identity=identity, destination_room=to_room
        )
        token = tokens.move_token(self._server, name, to_room)
        try:
            async with self._call(token, f"move {identity} to {to_room}") as lk:
                await lk.room.move_participant(request)
        except RefusedError as error:
            # livekit-server 1.13 says it in its message, under the code `unknown`.
            if error.code != UNIMPLEMENTED and "not implemented" not in error.message:
                raise
            raise UserError(error.title, MOVED_BY_CLOUD_ONLY) from error

    def _call(self, token: str, what: str) -> AbstractAsyncContextManager[api.LiveKitAPI]:
        return server_call(self._server.url, token, what, self._deadline_s)


def _require_name(name: str) -> None:
    if not name.strip():
        raise UserError("A room needs a name.", "It cannot be of spaces only.")
    try:
        size = len(name.encode())
    except UnicodeEncodeError as error:
        raise UserError("The room's name is no text.", "Type it again.") from error
    if size > LONGEST_NAME:
        raise UserError(
            "The room's name is too long.",
            f"A server takes {LONGEST_NAME} letters, and fewer of scripts other than Latin.",
        )


def _text(pasted: str) -> str:
    """Without lone surrogates, which cannot be sent."""
    return pasted.encode(errors="replace").decode()
