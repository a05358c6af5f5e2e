"""Tests the connection to a livekit-server whose ways for media are as the words say, and prints the steps as JSON.

    python -m tests.support.tested_server [blocked] [tcp] [turn]

`blocked`: its UDP port is announced and drops everything. `tcp`: it has a TCP port for media. `turn`: it has a relay.
For a network of its own (own_network.py).
"""

import asyncio
import json
import sys
from collections.abc import Collection
from dataclasses import asdict

from app.domain.servers import ServerKind, TestStep
from app.media.connection_test.course import run_connection_test
from app.media.server_config import LOOPBACK, new_server_config
from tests.support.livekit import self_hosted_server
from tests.support.own_network import ADDRESS, drop_udp


async def tested(words: Collection[str]) -> tuple[TestStep, ...]:
    ports, more_ports = new_server_config(), new_server_config()
    address = ADDRESS if "turn" in words else LOOPBACK
    if "blocked" in words:
        drop_udp(ports.udp_port)
    media: dict[str, object] = {
        "udp_port": ports.udp_port,
        "tcp_port": ports.tcp_port if "tcp" in words else 0,
        "use_external_ip": False,
        "node_ip": address,
        "enable_loopback_candidate": True,
        "ips": {"includes": [f"{address}/32"]},
        "stun_servers": [f"{LOOPBACK}:3478"],
    }
    relay: dict[str, object] = {
        "enabled": "turn" in words,
        "domain": address,
        "udp_port": more_ports.udp_port,
        "bind_addresses": [address],
        "relay_range_start": 40_000,
        "relay_range_end": 40_050,
        "allow_restricted_peer_cidrs": [f"{address}/32"],
    }
    with self_hosted_server(rtc=media, turn=relay) as server:
        return await run_connection_test(
            server.access, lambda _step: None, kind=ServerKind.SELF_HOSTED
        )


if __name__ == "__main__":
    steps = asyncio.run(tested(set(sys.argv[1:])))
    sys.stdout.write(json.dumps([asdict(step) for step in steps]))
