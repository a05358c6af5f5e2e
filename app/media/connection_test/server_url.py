"""The parts of a server's URL."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.domain.errors import UserError

_SECURE = {"ws": False, "http": False, "wss": True, "https": True}


@dataclass(frozen=True, slots=True)
class ServerUrl:
    text: str
    host: str
    port: int
    secure: bool

    @property
    def http(self) -> str:
        """The same server for HTTP requests, without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"


def parse_server_url(text: str) -> ServerUrl:
    """Raises UserError for what is no URL of a LiveKit server."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UserError(f"{text} is no URL", _LIKE) from error
    if parts.scheme not in _SECURE or not host:
        raise UserError(f"{text or 'nothing'} is no URL of a LiveKit server", _LIKE)
    secure = _SECURE[parts.scheme]
    return ServerUrl(text, host, port or (443 if secure else 80), secure)


_LIKE = "Write it like wss://livekit.example.org or ws://192.168.1.20:7880."
