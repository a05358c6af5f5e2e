"""The grants of a join token in words.

What a missing grant means is as in livekit-server 1.13 (livekit/protocol, auth/grants.go): publishing, data and
subscribing are allowed unless refused, all else is refused unless allowed.
"""

from collections.abc import Iterable, Mapping
from typing import cast

Claims = Mapping[str, object]
Rights = tuple[tuple[str, ...], tuple[str, ...]]
"""What a token can and what it cannot."""

LONGEST_NAME = 80
_SOURCES = {
    "microphone": "microphone",
    "camera": "camera",
    "screen_share": "screen",
    "screen_share_audio": "the screen's sound",
}
_EVERYWHERE = {
    "roomCreate": "create and close rooms",
    "roomList": "list all rooms",
    "roomRecord": "record rooms and stream them elsewhere",
    "ingressAdmin": "bring streams from elsewhere into rooms",
}
_INSIDE = {
    "canUpdateOwnMetadata": "change its own name, metadata and attributes",
    "canSubscribeMetrics": "receive the metrics of others",
    "canManageAgentSession": "steer an agent's session",
}
_SELDOM = {
    "hidden": "be in the room unseen",
    "recorder": "count as a recorder, which everyone sees",
}
_WORKER = "take jobs as an agent of the server"
_SERVICES = {
    "sip": {"admin": "manage phone numbers and trunks", "call": "call phone numbers"},
    "inference": {"perform": "use LiveKit's models"},
    "observability": {"write": "write observability data"},
    "agent": {
        "admin": "manage agents in LiveKit Cloud",
        "simulation_admin": "manage simulations",
        "simulationAdmin": "manage simulations",
        "database_admin": "read agents' databases",
        "databaseAdmin": "read agents' databases",
        "dispatch_admin": "manage the queue of agents",
        "dispatchAdmin": "manage the queue of agents",
    },
}
_OURS = {
    "video",
    "sub",
    "iss",
    "exp",
    "nbf",
    "iat",
    "jti",
    "name",
    "kind",
    "metadata",
    "attributes",
}
_KNOWN_VIDEO = {
    *_EVERYWHERE, *_INSIDE, *_SELDOM, "agent", "room", "roomJoin", "roomAdmin", "destinationRoom",
    "canPublish", "canPublishSources", "canPublishData", "canSubscribe",
}  # fmt: skip


def rights(claims: Claims) -> Rights:
    """What a token with these claims can and cannot do, each as a phrase. Any claims are taken."""
    video = _group(claims, "video")
    can: list[str] = []
    cannot: list[str] = []
    _join(video, can, cannot)
    _administer(video, can, cannot)
    for key, phrase in _EVERYWHERE.items():
        (can if _is(video, key) else cannot).append(phrase)
    if _is(video, "agent"):
        can.append(_WORKER)
    can += _services(claims)
    can += _unknown(claims, video)
    return tuple(can), tuple(cannot)


def may_speak(claims: Claims) -> bool:
    """Whether a token with these claims lets somebody be heard: nobody hears who is hidden."""
    video = _group(claims, "video")
    sources = _sources(video)
    publishes = _is(video, "canPublish", missing=True)
    heard = publishes and not _is(video, "hidden")
    return heard and (not sources or "microphone" in sources)


def may_hear(claims: Claims) -> bool:
    """Whether a token with these claims lets the others be heard."""
    return _is(_group(claims, "video"), "canSubscribe", missing=True)


def _join(video: Claims, can: list[str], cannot: list[str]) -> None:
    room = _quoted(video.get("room"))
    if not _is(video, "roomJoin"):
        cannot.append("join a room")
        return
    can.append(f"join the room {room}" if room else "join any room")
    _publish(video, can, cannot)
    (can if _is(video, "canSubscribe", missing=True) else cannot).append("hear and see the others")
    data = _is(video, "canPublishData", missing=_is(video, "canPublish", missing=True))
    (can if data else cannot).append("send messages and data")
    for key, phrase in _INSIDE.items():
        (can if _is(video, key) else cannot).append(phrase)
    can += [phrase for key, phrase in _SELDOM.items() if _is(video, key)]


def _publish(video: Claims, can: list[str], cannot: list[str]) -> None:
    if not _is(video, "canPublish", missing=True):
        cannot.append("speak or show anything")
        return
    sources = _sources(video)
    if not sources:
        can.append("publish microphone, camera and screen")
        return
    allowed = [_SOURCES.get(source, _quoted(source)) for source in sources]
    can.append(f"publish {_listed(allowed)}")
    refused = [words for source, words in _SOURCES.items() if source not in sources]
    if refused:
        cannot.append(f"publish {_listed(refused)}")


def _sources(video: Claims) -> list[str]:
    value = video.get("canPublishSources")
    if not isinstance(value, list):
        return []
    return [each.lower() for each in cast("list[object]", value) if isinstance(each, str)]


def _administer(video: Claims, can: list[str], cannot: list[str]) -> None:
    room = _quoted(video.get("room"))
    if not _is(video, "roomAdmin"):
        cannot.append("remove, mute or move others, or change what they may do")
    elif room:
        can.append(f"manage the room {room}: remove, mute, change permissions, send data")
    else:
        cannot.append("manage a room: it has the right, but names no room")
    destination = _quoted(video.get("destinationRoom"))
    if destination and _is(video, "roomAdmin"):
        can.append(f"move others into the room {destination}")


def _services(claims: Claims) -> Iterable[str]:
    for group, phrases in _SERVICES.items():
        granted = _group(claims, group)
        yield from dict.fromkeys(words for key, words in phrases.items() if _is(granted, key))


def _unknown(claims: Claims, video: Claims) -> Iterable[str]:
    """Grants that this version has no words for: saying nothing of them would be saying that there are none."""
    if _group(claims, "roomConfig") or _text(claims, "roomPreset"):
        yield "set up the room when it is the first to come"
    named = {*_OURS, *_SERVICES, "roomConfig", "roomPreset", "sha256"}
    unknown = [key for key in video if key not in _KNOWN_VIDEO and video[key]]
    unknown += [key for key in claims if key not in named and isinstance(claims[key], dict)]
    for key in unknown:
        yield f"something this Greenroom has no words for: {_quoted(key)}"


def _is(group: Claims, key: str, *, missing: bool = False) -> bool:
    value = group.get(key)
    return missing if value is None else value is True


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _quoted(value: object) -> str:
    """A name in quotes, cut where it is long; empty where there is none."""
    if not isinstance(value, str) or not value:
        return ""
    return f"“{value}”" if len(value) <= LONGEST_NAME else f"“{value[: LONGEST_NAME - 1]}…”"


def _group(claims: Claims, name: str) -> Claims:
    value = claims.get(name)
    return cast("Claims", value) if isinstance(value, dict) else {}


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
