"""Servers that others have configured on this computer, ready to be taken over."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from app.domain.errors import UsageError, UserError
from app.domain.server_rules import host_of, is_cloud, normal_name, same_name
from app.domain.servers import ServerColour, ServerKind, ServerProfile
from app.storage.lk_config import FoundAccess, found_in_environment, found_in_lk

COLOURS = (
    ServerColour.BLUE,
    ServerColour.VIOLET,
    ServerColour.AMBER,
    ServerColour.RED,
    ServerColour.GREY,
)
"""What servers are marked with as they come; green is this computer's."""


def look_around(environment: Mapping[str, str], lk_file: Path) -> dict[str, FoundAccess]:
    """What is in the configuration of `lk` and in LIVEKIT_* variables, by names that profiles can have. Blocks.

    Raises UserError when the configuration cannot be read and the variables name no server.
    """
    in_environment = found_in_environment(environment)
    try:
        in_lk = found_in_lk(lk_file)
    except UserError:
        if not in_environment:
            raise
        in_lk = ()
    known = {(each.url, each.api_key) for each in in_lk}
    fresh = [each for each in in_environment if (each.url, each.api_key) not in known]
    return _by_name((*in_lk, *fresh))


def imported(
    name: str, found: FoundAccess, profiles: Sequence[ServerProfile]
) -> tuple[ServerProfile, str]:
    """The profile to store, and the name of the one that it takes the place of; empty where it is new."""
    same = next((each for each in profiles if same_name(each.name, name)), None)
    profile = ServerProfile(
        name=same.name if same else name,
        url=found.url,
        kind=ServerKind.CLOUD if is_cloud(found.url) else ServerKind.SELF_HOSTED,
        colour=same.colour if same else free_colour(profiles),
        unencrypted_confirmed=same is not None
        and same.unencrypted_confirmed
        and host_of(same.url) == host_of(found.url),
        webhook_port=same.webhook_port if same is not None else 0,
    )
    return profile, same.name if same else ""


def free_colour(profiles: Iterable[ServerProfile]) -> ServerColour:
    """A colour that no profile has; once all are taken, the first again."""
    taken = {profile.colour for profile in profiles}
    return next((colour for colour in COLOURS if colour not in taken), COLOURS[0])


def _by_name(found: Iterable[FoundAccess]) -> dict[str, FoundAccess]:
    named: dict[str, FoundAccess] = {}
    for each in found:
        named[_unused(_name(each), named)] = each
    return named


def _name(found: FoundAccess) -> str:
    try:
        return normal_name(found.name)
    except UsageError:
        return normal_name(host_of(found.url)[:60])


def _unused(name: str, taken: Iterable[str]) -> str:
    """`name`, with a number where several have it."""
    number, wanted = 2, name
    while any(same_name(wanted, other) for other in taken):
        wanted = f"{name} {number}"
        number += 1
    return wanted
