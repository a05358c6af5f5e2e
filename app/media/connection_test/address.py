"""Whether the server's address leads anywhere: an interface, a name, a port."""

import asyncio
import socket
from ipaddress import ip_address

from app.domain.step_outcome import Outcome, failed, ok
from app.media.connection_test.server_url import ServerUrl
from app.media.connection_test.trial import Trial
from app.media.network import require_network_interface

CONNECT_S = 5.0


async def address(trial: Trial) -> Outcome:
    """Raises UserError without a network interface, and for what is no URL."""
    await asyncio.to_thread(require_network_interface)
    url = trial.url
    try:
        found = await _resolve(url)
    except socket.gaierror as error:
        return failed(f"{url.host} is not found ({error.strerror})", _MISSPELT)
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(url.host, url.port)
    except TimeoutError:
        return failed(f"port {url.port} of {url.host} does not answer", _port_blocked(url))
    except OSError as error:
        return _refused(trial, url, error)
    writer.close()
    if _is_number(url.host):
        return ok(f"{url.host} answers on port {url.port}")
    return ok(f"{url.text} resolves to {found}")


async def _resolve(url: ServerUrl) -> str:
    loop = asyncio.get_running_loop()
    answers = await loop.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    return str(answers[0][4][0])


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _refused(trial: Trial, url: ServerUrl, error: OSError) -> Outcome:
    if not isinstance(error, ConnectionRefusedError):
        reason = error.strerror or "no way there"
        return failed(
            f"{url.host} cannot be reached: {reason}", "Is this computer in that network?"
        )
    detail = f"nothing listens on port {url.port} of {url.host}"
    if trial.on_this_computer:
        return failed(detail, "Start the server on this computer again.")
    return failed(
        detail,
        "Is the server running, and is the port right? LiveKit's own is 7880; behind a proxy it is 443.",
    )


def _port_blocked(url: ServerUrl) -> str:
    return f"Is the server up? If it is, a firewall drops {url.port}/tcp: open it."


_MISSPELT = "Check how the name is written, and whether this computer can look names up."
