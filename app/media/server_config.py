"""What the embedded `livekit-server` is told: ports, keys and where to listen."""

import json
import secrets
import socket
from dataclasses import dataclass, field

from app.domain.access import ServerAccess

LOOPBACK = "127.0.0.1"
ROOM_TIMEOUT_S = 24 * 3600
"""How long a room stays open with only agents in it: they do not hold a room, and the call deletes it."""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """The ports and the key of one run. The secret stays out of `repr`."""

    tcp_port: int
    udp_port: int
    api_key: str
    api_secret: str = field(repr=False)
    webhook_url: str = ""
    """Where the server tells what happens in its rooms; empty: nowhere."""

    @property
    def access(self) -> ServerAccess:
        return ServerAccess(f"ws://{LOOPBACK}:{self.tcp_port}", self.api_key, self.api_secret)

    @property
    def health_url(self) -> str:
        return f"http://{LOOPBACK}:{self.tcp_port}/"

    def to_yaml(self) -> str:
        """The server's configuration; JSON is YAML."""
        webhook = {"api_key": self.api_key, "urls": [self.webhook_url]}
        return json.dumps(
            {
                "port": self.tcp_port,
                "bind_addresses": [LOOPBACK],
                "rtc": _loopback_media(self.udp_port),
                "turn": {"enabled": False},
                "keys": {self.api_key: self.api_secret},
                "logging": {"level": "info", "json": True, "pion_level": "error"},
                "room": {
                    "auto_create": True,
                    "enable_remote_unmute": True,
                    "empty_timeout": ROOM_TIMEOUT_S,
                    "departure_timeout": ROOM_TIMEOUT_S,
                },
                **({"webhook": webhook} if self.webhook_url else {}),
            }
        )


def new_server_config() -> ServerConfig:
    """Ports that are free now, and a key and secret made for this run."""
    return ServerConfig(
        tcp_port=_free_port(socket.SOCK_STREAM),
        udp_port=_free_port(socket.SOCK_DGRAM),
        api_key=f"GR{secrets.token_hex(8)}",
        api_secret=secrets.token_urlsafe(48),
    )


def _loopback_media(udp_port: int) -> dict[str, object]:
    return {
        "udp_port": udp_port,
        # The TCP fallback would listen on every interface whatever bind_addresses says.
        "tcp_port": 0,
        "use_external_ip": False,
        "node_ip": LOOPBACK,
        "enable_loopback_candidate": True,
        "ips": {"includes": ["127.0.0.0/8"]},
        # A dead address: with none, clients are told to ask public STUN servers.
        "stun_servers": [f"{LOOPBACK}:3478"],
    }


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
