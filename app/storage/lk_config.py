"""Finds LiveKit servers with their keys where others keep them: the `lk` command line and LIVEKIT_* variables.

`lk` keeps its projects in `~/.livekit/cli-config.yaml` under `projects`, a list of `name`, `url`, `api_key` and
`api_secret` (livekit-cli 2, pkg/config/config.go).
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import yaml

from app.domain.errors import UsageError, UserError
from app.domain.server_rules import host_of, is_cloud, normal_url

log = logging.getLogger(__name__)

LK_FILE = Path(".livekit", "cli-config.yaml")
"""Below the home folder."""
MAX_BYTES = 256 * 1024
URL_VARIABLE = "LIVEKIT_URL"
KEY_VARIABLE = "LIVEKIT_API_KEY"
SECRET_VARIABLE = "LIVEKIT_API_SECRET"  # noqa: S105


@dataclass(frozen=True, slots=True)
class FoundAccess:
    """A server with its key, found and not stored. The secret stays out of `repr`."""

    name: str
    url: str
    """In its normal form."""
    api_key: str
    api_secret: str = field(repr=False)
    source: str = ""
    """A file's path, or `LIVEKIT_URL`."""


def found_in_lk(path: Path) -> tuple[FoundAccess, ...]:
    """The projects of `lk`, those without a usable address or key left out; none where there is no such file.

    Raises UserError for a file that cannot be read.
    """
    try:
        projects = _projects(path)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        hint = "See what `lk project list` says of it."
        raise UserError(f"{path} is not a configuration of lk.", hint) from error
    found = (_from_lk(project, str(path)) for project in projects)
    return tuple(each for each in found if each is not None)


def found_in_environment(environment: Mapping[str, str]) -> tuple[FoundAccess, ...]:
    """The server that LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET name, if they do."""
    found = _found(
        "",
        environment.get(URL_VARIABLE, ""),
        environment.get(KEY_VARIABLE, ""),
        environment.get(SECRET_VARIABLE, ""),
        URL_VARIABLE,
    )
    return () if found is None else (found,)


def _projects(path: Path) -> Iterable[object]:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError("too large")
    content = cast("object", yaml.safe_load(path.read_text(encoding="utf-8")))
    if content is None:
        return ()
    if not isinstance(content, dict):
        raise TypeError("not a mapping")
    projects = cast("dict[object, object]", content).get("projects")
    if projects is None:
        return ()
    if not isinstance(projects, list):
        raise TypeError("projects is not a list")
    return cast("list[object]", projects)


def _from_lk(project: object, source: str) -> FoundAccess | None:
    if not isinstance(project, dict):
        return None
    fields = cast("dict[object, object]", project)
    name, url, key, secret = (_text(fields, of) for of in ("name", "url", "api_key", "api_secret"))
    return _found(name, url, key, secret, source)


def _text(fields: Mapping[object, object], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def _found(name: str, url: str, key: str, secret: str, source: str) -> FoundAccess | None:
    if not (url and key and secret):
        return None
    try:
        normal = normal_url(url)
    except UsageError as error:
        log.warning("the address of a server in %s cannot be used: %s", source, error.title)
        return None
    return FoundAccess(name or _name_for(normal), normal, key, secret, source)


def _name_for(url: str) -> str:
    """The project's part of a Cloud address, else the host."""
    host = host_of(url)
    return host.partition(".")[0] if is_cloud(url) else host
