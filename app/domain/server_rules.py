"""What a server profile must be like: its name, its address, and when it may go without encryption."""

import ipaddress
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from app.domain.errors import UsageError
from app.domain.servers import THIS_COMPUTER, ServerKind, ServerProfile

LOWEST_PORT, HIGHEST_PORT = 1024, 65535
LONGEST_NAME = 64
LONGEST_URL = 512
SHORTEST_SECRET = 32
"""Shorter ones make livekit-server complain in its log: they can be guessed."""
CLOUD_DOMAIN = "livekit.cloud"
_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
_USUAL_PORTS = {"ws": 80, "wss": 443}
_EXAMPLE = "An address looks like wss://livekit.example.org or ws://127.0.0.1:7880."


def normal_url(text: str) -> str:
    """`text` as `ws://` or `wss://` with a host, and a port where it is not the usual one.

    A host that is not ASCII is written as DNS knows it. Raises UsageError.
    """
    written = text.strip()
    if not written or len(written) > LONGEST_URL or not written.isprintable() or " " in written:
        raise UsageError("This is not the address of a server.", _EXAMPLE)
    if "://" not in written:
        raise UsageError(f"The address “{written}” lacks its scheme.", f"Write wss://{written}")
    parts = _split(written)
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None:
        raise UsageError(f"A LiveKit server is not reached by {parts.scheme}://.", _EXAMPLE)
    if parts.username is not None or parts.password is not None:
        raise UsageError("An address holds no user and no password.", "Leave out all before the @.")
    host = _host(parts)
    port = "" if parts.port in (None, _USUAL_PORTS[scheme]) else f":{parts.port}"
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise UsageError(
            "An address ends with the host and its port.", f"Write {scheme}://{host}{port}"
        )
    return f"{scheme}://{host}{port}"


def host_of(url: str) -> str:
    """The host of a normal URL, without the brackets of IPv6."""
    return urlsplit(url).hostname or ""


def is_loopback(url: str) -> bool:
    """Whether a normal URL names this computer."""
    host = host_of(url)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def is_cloud(url: str) -> bool:
    """Whether a normal URL names a project of LiveKit Cloud."""
    return host_of(url).endswith(f".{CLOUD_DOMAIN}")


def is_in_the_clear(url: str) -> bool:
    """Whether tokens and speech would cross a network unencrypted to a normal URL."""
    return url.startswith("ws://") and not is_loopback(url)


def require_encryption(url: str, *, confirmed: bool) -> None:
    """Raises UsageError where tokens and speech would cross a network in the clear and nobody has confirmed that."""
    if confirmed or not is_in_the_clear(url):
        return
    host = host_of(url)
    address = _address(host)
    where = "this network" if address is not None and address.is_private else "the network"
    raise UsageError(
        f"ws:// is not encrypted: anyone on {where} between here and {host} can listen in.",
        f"Use wss://{host}, or confirm that this is meant.",
    )


def normal_profile(profile: ServerProfile) -> ServerProfile:
    """`profile` with its name and URL in their normal forms. Raises UsageError."""
    url = normal_url(profile.url)
    require_encryption(url, confirmed=profile.unencrypted_confirmed)
    if profile.kind is ServerKind.THIS_COMPUTER:
        raise UsageError(
            "The server of this computer is there already.", "Choose self-hosted or LiveKit Cloud."
        )
    if is_cloud(url) and url.startswith("ws://"):
        raise UsageError("LiveKit Cloud is reached by wss:// only.", f"Write wss://{host_of(url)}")
    require_port(profile.webhook_port)
    return replace(
        profile,
        name=normal_name(profile.name),
        url=url,
        kind=ServerKind.CLOUD if is_cloud(url) else profile.kind,
        unencrypted_confirmed=profile.unencrypted_confirmed and is_in_the_clear(url),
    )


def require_port(port: int) -> None:
    """Raises UsageError where webhooks cannot come to a port; 0 is none."""
    if port and not LOWEST_PORT <= port <= HIGHEST_PORT:
        raise UsageError(
            f"Webhooks cannot come to port {port}.",
            f"Use one from {LOWEST_PORT} to {HIGHEST_PORT}, or none.",
        )


def normal_name(text: str) -> str:
    """`text` with single spaces. Raises UsageError where it is no name for a profile."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise UsageError("The server has no name.", "Give it one, such as Staging.")
    if len(name) > LONGEST_NAME:
        raise UsageError("This name is too long.", f"Use at most {LONGEST_NAME} characters.")
    if not name.isprintable():
        raise UsageError("This name holds characters that cannot be seen.", "Type it anew.")
    if same_name(name, THIS_COMPUTER):
        raise UsageError(
            f"“{THIS_COMPUTER}” is the server that Greenroom runs itself.", "Use another name."
        )
    return name


def same_name(one: str, other: str) -> bool:
    """Whether people would take two names for one."""
    return one.casefold() == other.casefold()


def require_free_name(name: str, taken: Iterable[str]) -> None:
    """Raises UsageError when a profile has that name."""
    for other in taken:
        if same_name(name, other):
            raise UsageError(f"There is a server called “{other}” already.", "Use another name.")


def weak_secret_warning(secret: str) -> str:
    """What is wrong with a secret that works all the same; empty when nothing is."""
    if len(secret) >= SHORTEST_SECRET:
        return ""
    return (
        f"The API secret has {len(secret)} characters. One shorter than {SHORTEST_SECRET} can be guessed: "
        "make a longer one on the server, with livekit-server generate-keys."
    )


def _split(written: str) -> SplitResult:
    try:
        parts = urlsplit(written)
        in_range = parts.port != 0
    except ValueError as error:
        raise UsageError("This address cannot be read.", _EXAMPLE) from error
    if not parts.hostname or not in_range:
        raise UsageError("This address cannot be read.", _EXAMPLE)
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        return f"[{host}]"
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise UsageError(f"“{host}” is not the name of a host.", _EXAMPLE) from error


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
