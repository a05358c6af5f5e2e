from app.media.connection_test.candidates import Candidate, Offer, in_words, parse_candidate

UDP = '{"candidate":"candidate:28787 1 udp 2130706431 203.0.113.9 7882 typ host ufrag IYo","sdpMid":"0"}'
TCP = '{"candidate":"candidate:37573 1 TCP 1671430143 2001:db8::9 7881 typ host tcptype passive"}'


def test_reads_where_a_server_waits_for_media() -> None:
    assert parse_candidate(UDP) == Candidate("udp", "203.0.113.9", 7882)
    assert parse_candidate(TCP) == Candidate("tcp", "2001:db8::9", 7881)
    assert parse_candidate("{}") is None
    assert parse_candidate('{"candidate":""}') is None


def test_names_ports_as_a_firewall_does() -> None:
    offer = Offer(
        (Candidate("udp", "203.0.113.9", 7882), Candidate("udp", "198.51.100.7", 7882)),
        ("stun:203.0.113.9:3478", "turns:eu.example.org:443?transport=tcp"),
    )

    assert in_words(offer.ports("udp"), "udp") == "7882/udp"
    assert in_words((7881, 443), "tcp") == "7881/tcp and 443/tcp"
    assert in_words(offer.ports("tcp"), "tcp") == "its tcp ports"
    assert offer.relays == ("turns:eu.example.org:443?transport=tcp",)
