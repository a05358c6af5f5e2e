"""Says what this computer's network interfaces are good for."""

import socket
from collections.abc import Iterable
from ipaddress import ip_address

import psutil

from app.domain.errors import MissingRequirementError, UserError

HINT = (
    "Turn Wi-Fi on (no internet is needed), or add a dummy interface: `nmcli connection add type dummy "
    "ifname greenroom0 ipv4.method manual ipv4.addresses 198.18.0.1/32`"
)

ELSEWHERE = "198.51.100.1"
"""An address that nobody has (RFC 5737): the way to it is the way out of this computer."""


def require_network_interface() -> None:
    """Raise `MissingRequirementError` when no interface besides the loopback is up.

    WebRTC ignores loopback interfaces, so even a server on this computer cannot be reached without another one that
    has an address; it needs no route. Any thread.
    """
    stats = psutil.net_if_stats()
    for name, addresses in psutil.net_if_addrs().items():
        up = name in stats and stats[name].isup
        ips = (a.address for a in addresses if a.family in (socket.AF_INET, socket.AF_INET6))
        if up and has_usable_address(ips):
            return
    raise MissingRequirementError("No network interface is up.", HINT)


def network_address() -> str:
    """The IPv4 address at which others on this network reach this computer. Any thread.

    Raises UserError when there is none, or when it is a public one: what listens there is open to the internet.
    """
    address = _address_towards(ELSEWHERE) or _first_address()
    if not address:
        raise UserError(
            "This computer is on no network.", "Connect it to the network of those you invite."
        )
    if not ip_address(address).is_private:
        raise UserError(
            f"This computer's address {address} is a public one.",
            "A link at it would be open to the internet. Invite on this computer only.",
        )
    return address


def has_usable_address(addresses: Iterable[str]) -> bool:
    """Whether WebRTC gathers a candidate from one of an interface's IP addresses."""
    return any(_usable(text) for text in addresses)


def _address_towards(elsewhere: str) -> str:
    """The address that packets to `elsewhere` would leave from; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((elsewhere, 9))
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
        return address


def _first_address() -> str:
    """Of an interface that is up, on a network that leads nowhere else."""
    stats = psutil.net_if_stats()
    for name, addresses in psutil.net_if_addrs().items():
        for found in addresses:
            ours = found.family == socket.AF_INET and not ip_address(found.address).is_loopback
            if ours and name in stats and stats[name].isup:
                return found.address
    return ""


def _usable(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    # libwebrtc cannot bind a link-local IPv6 address: it drops the scope that the bind would need.
    return not address.is_loopback and not (address.version == 6 and address.is_link_local)
