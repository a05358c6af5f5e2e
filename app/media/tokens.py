"""Mints the tokens that let participants into a room, each with the least that it needs."""

from datetime import timedelta

from livekit import api

from app.domain.access import RoomAccess, ServerAccess
from app.domain.facts import Role

ROLE_ATTRIBUTE = "greenroom.role"
"""The participant attribute that says who somebody is; callers cannot change theirs."""
JOIN_TTL = timedelta(minutes=10)
"""How long a token opens the door. The server renews the tokens of those who are inside."""
TEST_TTL = timedelta(minutes=5)
"""Longer than a connection test takes with all its reconnects."""
ADMIN_TTL = timedelta(seconds=60)
MICROPHONE = ["microphone"]


def agent_access(server: ServerAccess, room: str, identity: str, name: str = "") -> RoomAccess:
    """For an agent: speaks, listens and sends data.

    It is an agent by its kind. The grant `agent` would also let it take jobs as a worker of the server.
    """
    grants = api.VideoGrants(
        room_join=True,
        room=room,
        can_subscribe=True,
        can_publish_data=True,
        can_publish_sources=MICROPHONE,
    )
    token = _join_token(server, identity, name, grants, Role.AGENT).with_kind("agent")
    return RoomAccess(server.url, room, identity, token.to_jwt())


def ear_access(server: ServerAccess, room: str, identity: str) -> RoomAccess:
    """For a hidden listener. As an agent kind it neither holds the room open nor counts against its limit."""
    grants = api.VideoGrants(
        room_join=True,
        room=room,
        hidden=True,
        can_subscribe=True,
        can_publish=False,
        can_publish_data=False,
    )
    token = _join_token(server, identity, "", grants, Role.EAR).with_kind("agent")
    return RoomAccess(server.url, room, identity, token.to_jwt())


def caller_access(server: ServerAccess, room: str, identity: str, name: str = "") -> RoomAccess:
    """For whoever calls the agent, the operator included: a microphone only.

    The token may be handed to another client.
    """
    token = _join_token(server, identity, name, _caller_grants(room), Role.CALLER)
    return RoomAccess(server.url, room, identity, token.to_jwt())


def guest_access(
    server: ServerAccess, room: str, identity: str, name: str, ttl: timedelta = JOIN_TTL
) -> RoomAccess:
    """For whoever holds a link, until `ttl` is over: a microphone only, and no data."""
    token = _join_token(server, identity, name, _caller_grants(room), Role.CALLER).with_ttl(ttl)
    return RoomAccess(server.url, room, identity, token.to_jwt())


def test_access(server: ServerAccess, room: str, identity: str) -> RoomAccess:
    """For one of the two participants of the connection test: a microphone, and data to measure with."""
    grants = _caller_grants(room)
    grants.can_publish_data = True
    token = _join_token(server, identity, "", grants, Role.CALLER).with_ttl(TEST_TTL)
    return RoomAccess(server.url, room, identity, token.to_jwt())


def create_rooms_token(server: ServerAccess) -> str:
    """For creating and deleting rooms."""
    return _admin_token(server, api.VideoGrants(room_create=True))


def list_rooms_token(server: ServerAccess) -> str:
    return _admin_token(server, api.VideoGrants(room_list=True))


def administer_room_token(server: ServerAccess, room: str) -> str:
    """For all that is done to one room and to those in it, but for closing it."""
    return _admin_token(server, api.VideoGrants(room_admin=True, room=room))


def move_token(server: ServerAccess, room: str, to_room: str) -> str:
    """For moving participants of `room` into one other room."""
    grants = api.VideoGrants(room_admin=True, room=room, destination_room=to_room)
    return _admin_token(server, grants)


def _caller_grants(room: str) -> api.VideoGrants:
    return api.VideoGrants(
        room_join=True,
        room=room,
        can_subscribe=True,
        can_publish_data=False,
        can_publish_sources=MICROPHONE,
        can_update_own_metadata=False,
    )


def _join_token(
    server: ServerAccess, identity: str, name: str, grants: api.VideoGrants, role: Role
) -> api.AccessToken:
    token = api.AccessToken(server.api_key, server.api_secret).with_ttl(JOIN_TTL)
    token.with_identity(identity).with_attributes({ROLE_ATTRIBUTE: role.value})
    return token.with_name(name or identity).with_grants(grants)


def _admin_token(server: ServerAccess, grants: api.VideoGrants) -> str:
    grants.can_publish = grants.can_subscribe = grants.can_publish_data = False
    token = api.AccessToken(server.api_key, server.api_secret).with_ttl(ADMIN_TTL)
    return token.with_identity("greenroom").with_grants(grants).to_jwt()
