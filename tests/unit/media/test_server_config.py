import json
import socket

from app.media.server_config import new_server_config


def test_each_run_has_ports_and_keys_of_its_own() -> None:
    first, second = new_server_config(), new_server_config()

    assert first.api_secret != second.api_secret
    assert first.api_key != second.api_key
    assert len(first.api_secret) >= 64
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", first.tcp_port))


def test_listens_on_loopback_and_asks_nobody_else() -> None:
    config = new_server_config()

    told = json.loads(config.to_yaml())

    assert told["port"] == config.tcp_port
    assert told["bind_addresses"] == ["127.0.0.1"]
    assert told["rtc"] == {
        "udp_port": config.udp_port,
        "tcp_port": 0,
        "use_external_ip": False,
        "node_ip": "127.0.0.1",
        "enable_loopback_candidate": True,
        "ips": {"includes": ["127.0.0.0/8"]},
        "stun_servers": ["127.0.0.1:3478"],
    }
    assert told["turn"] == {"enabled": False}
    assert told["keys"] == {config.api_key: config.api_secret}
    assert "prometheus" not in told


def test_keeps_the_secret_out_of_its_repr() -> None:
    config = new_server_config()

    assert config.api_secret not in repr(config)
    assert config.access.url == f"ws://127.0.0.1:{config.tcp_port}"
