"""The parts of a server's URL."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.domain.server_rules import normal_url


@dataclass(frozen=True, slots=True)
class ServerUrl:
    text: str
    host: str
    """Without the brackets of IPv6."""
    port: int
    secure: bool

    @property
    def http(self) -> str:
        """The same server for HTTP requests, without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"


def parse_server_url(text: str) -> ServerUrl:
    """Raises UsageError for what is no URL of a LiveKit server."""
    url = normal_url(text)
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    return ServerUrl(url, parts.hostname or "", parts.port or (443 if secure else 80), secure)
