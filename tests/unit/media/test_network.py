from ipaddress import ip_address

import psutil
import pytest

from app.domain.errors import UserError
from app.media import network
from app.media.network import has_usable_address, network_address, require_network_interface


@pytest.mark.parametrize(
    ("addresses", "usable"),
    [
        ([], False),
        (["127.0.0.1", "::1"], False),
        (["fe80::1%eth0"], False),
        (["fe80::1", "192.168.1.7"], True),
        (["169.254.3.4"], True),
        (["2001:db8::1"], True),
        (["198.18.0.1"], True),
    ],
)
def test_knows_which_addresses_webrtc_uses(addresses: list[str], usable: bool) -> None:
    assert has_usable_address(addresses) == usable


def test_finds_the_interface_of_this_computer() -> None:
    require_network_interface()


def test_finds_the_address_that_others_reach_this_computer_at() -> None:
    address = network_address()

    ours = {a.address for addresses in psutil.net_if_addrs().values() for a in addresses}
    assert address in ours
    assert ip_address(address).is_private
    assert not ip_address(address).is_loopback


def test_takes_the_first_address_on_a_network_that_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = network_address()
    monkeypatch.setattr(network, "ELSEWHERE", "255.255.255.255")

    assert network_address() == here


def test_does_not_open_anything_to_the_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    def public(_: str) -> str:
        return "93.184.216.34"

    monkeypatch.setattr(network, "_address_towards", public)

    with pytest.raises(UserError, match="public"):
        network_address()
