"""Whether the server's certificate is trusted, and for how long."""

import asyncio
import ssl
from typing import cast

from app.domain.step_outcome import Outcome, failed, ok, skipped, warning
from app.media.connection_test.server_url import ServerUrl
from app.media.connection_test.trial import Trial

SOON_DAYS = 14
CONNECT_S = 6.0
DAY_S = 86_400.0
RENEW = "Renew it, and check that it is renewed by itself."
_UNTRUSTED = (
    "the certificate comes from nobody that this computer trusts",
    "Use one of a known authority (Let's Encrypt is free), complete with its chain.",
)
_REFUSALS = {
    9: ("the certificate is not valid yet", "Is this computer's clock right?"),
    10: ("the certificate has expired", RENEW),
    18: _UNTRUSTED,
    19: _UNTRUSTED,
    20: _UNTRUSTED,
    21: _UNTRUSTED,
    62: ("the certificate is for another name", "Use the name that it was made for."),
    64: ("the certificate is for another address", "Use the name that it was made for."),
}
"""What to say of OpenSSL's verification codes (X509_V_ERR_* in x509_vfy.h)."""


async def certificate(trial: Trial) -> Outcome:
    """Look at the certificate as the SDK does: against the authorities that this computer trusts."""
    url = trial.url
    if not url.secure:
        return skipped("none: ws:// is not encrypted")
    try:
        async with asyncio.timeout(CONNECT_S):
            expires_at = await _expiry(url)
    except ssl.SSLCertVerificationError as error:
        return _distrusted(error)
    except (ssl.SSLError, ConnectionError, asyncio.IncompleteReadError) as error:
        reason = getattr(error, "reason", None) or "the connection is closed"
        return failed(
            f"no encryption on port {url.port}: {reason}",
            "Does the server speak ws:// on this port?",
        )
    days = int((expires_at - trial.subject.now()) // DAY_S)
    if days < SOON_DAYS:
        return warning(f"valid for {days} more days", RENEW)
    return ok(f"valid for {days} days")


async def _expiry(url: ServerUrl) -> float:
    context = await asyncio.to_thread(ssl.create_default_context)
    _, writer = await asyncio.open_connection(url.host, url.port, ssl=context)
    try:
        found = cast("dict[str, str]", writer.get_extra_info("peercert"))
        return ssl.cert_time_to_seconds(found["notAfter"])
    finally:
        writer.close()


def _distrusted(error: ssl.SSLCertVerificationError) -> Outcome:
    otherwise = (f"the certificate is refused: {error.verify_message}", RENEW)
    return failed(*_REFUSALS.get(error.verify_code, otherwise))
