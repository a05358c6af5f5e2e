"""Whether what answers at the address is a LiveKit server."""

from http import HTTPStatus

import aiohttp

from app.domain.step_outcome import Outcome, failed, ok
from app.media.connection_test.trial import Trial

VALIDATE = "/rtc/validate"
LONGEST_REASON = 300


async def answering(trial: Trial) -> Outcome:
    """Ask for its health, and ask a question that only LiveKit answers: it names what a missing token lacks."""
    base = trial.url.http
    try:
        async with trial.http.get(f"{base}/") as health:
            status, server = health.status, health.headers.get("Server", "")
        async with trial.http.get(f"{base}{VALIDATE}") as validation:
            is_livekit = await _is_livekits(validation)
    except aiohttp.ClientError as error:
        return failed(
            f"what listens on port {trial.url.port} does not speak HTTP ({type(error).__name__})",
            "Check the port, and whether the URL should begin with wss://.",
        )
    if status in (
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    ):
        return failed(
            f"a proxy answers, and no server behind it ({status})", "Start livekit-server there."
        )
    if not is_livekit:
        return failed(_another(server), "Check the address and the port: LiveKit's own is 7880.")
    if status == HTTPStatus.NOT_ACCEPTABLE:
        return failed("LiveKit answers that it is not ready", "Wait for it, or look at its log.")
    return ok("ready")


async def _is_livekits(answer: aiohttp.ClientResponse) -> bool:
    if answer.status != HTTPStatus.UNAUTHORIZED or "WWW-Authenticate" in answer.headers:
        return False
    text = (await answer.content.read(2 * LONGEST_REASON)).decode(errors="replace")
    return len(text) < LONGEST_REASON and "<" not in text


def _another(server: str) -> str:
    name = f" ({server[:40]})" if server.isprintable() and server else ""
    return f"an HTTP server answers{name}, and it is not LiveKit"
