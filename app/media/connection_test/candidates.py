"""How a server says that media can reach it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

RELAY_SCHEMES = ("turn:", "turns:")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address at which the server waits for media."""

    protocol: str
    """`udp` or `tcp`."""
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What the server told when a participant joined."""

    candidates: tuple[Candidate, ...] = ()
    """Empty when it named none within the time."""
    ice_urls: tuple[str, ...] = ()
    """STUN and TURN servers; their credentials are not kept."""

    def ports(self, protocol: str) -> tuple[int, ...]:
        return tuple(sorted({c.port for c in self.candidates if c.protocol == protocol}))

    @property
    def relays(self) -> tuple[str, ...]:
        return tuple(url for url in self.ice_urls if url.startswith(RELAY_SCHEMES))


def parse_candidate(init: str) -> Candidate | None:
    """Read a trickled candidate: JSON with an attribute line of RFC 8839, section 5.1. None for the end of all."""
    line: str = json.loads(init).get("candidate", "")
    fields = line.partition(":")[2].split()
    if len(fields) < 6:
        return None
    return Candidate(fields[2].lower(), fields[4], int(fields[5]))


def in_words(ports: Sequence[int], protocol: str) -> str:
    """Ports as a firewall's rule names them, such as `7882/udp`."""
    return " and ".join(f"{port}/{protocol}" for port in ports) or f"its {protocol} ports"
