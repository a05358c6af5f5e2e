"""Says whether this computer has a network interface that WebRTC can use."""

import socket
from collections.abc import Iterable
from ipaddress import ip_address

import psutil

from app.domain.errors import MissingRequirementError

HINT = (
    "Turn Wi-Fi on (no internet is needed), or add a dummy interface: `nmcli connection add type dummy "
    "ifname greenroom0 ipv4.method manual ipv4.addresses 198.18.0.1/32`"
)


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


def has_usable_address(addresses: Iterable[str]) -> bool:
    """Whether WebRTC gathers a candidate from one of an interface's IP addresses."""
    return any(_usable(text) for text in addresses)


def _usable(text: str) -> bool:
    address = ip_address(text.partition("%")[0])
    # libwebrtc cannot bind a link-local IPv6 address: it drops the scope that the bind would need.
    return not address.is_loopback and not (address.version == 6 and address.is_link_local)
