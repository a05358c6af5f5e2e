import pytest

from app.media.network import has_usable_address, require_network_interface


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
