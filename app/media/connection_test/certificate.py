"""Whether the server's certificate is trusted, and for how long."""

import asyncio
import ssl
from typing import cast

from app.media.connection_test.outcome import Outcome, failed, ok, skipped, warning
from app.media.connection_test.server_url import ServerUrl
from app.media.connection_test.trial import Trial

SOON_DAYS = 14
CONNECT_S = 6.0
DAY_S = 86_400.0
RENEW = "Renew it, and check that it is renewed by itself."
# Codes of X509_verify_cert (OpenSSL, x509_vfy.h).
NOT_YET_VALID, EXPIRED, SELF_SIGNED, SELF_SIGNED_IN_CHAIN, NO_ISSUER = 9, 10, 18, 19, 20
WRONG_NAME, WRONG_ADDRESS = 62, 64


async def certificate(trial: Trial) -> Outcome:
    """Look at the certificate as the SDK does: against the authorities that this computer trusts."""
    url = trial.url
    if not url.secure:
        return skipped("none: ws:// is not encrypted")
    try:
        async with asyncio.timeout(CONNECT_S):
            expires_at = await _expiry(url)
    except ssl.SSLCertVerificationError as error:
        return _distrusted(url, error)
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


def _distrusted(url: ServerUrl, error: ssl.SSLCertVerificationError) -> Outcome:
    match error.verify_code:
        case 10:
            return failed("the certificate has expired", RENEW)
        case 9:
            return failed("the certificate is not valid yet", "Is this computer's clock right?")
        case 62 | 64:
            return failed(
                f"the certificate is not for {url.host}", "Use the name that it was made for."
            )
        case 18 | 19 | 20 | 21:
            return failed(
                "the certificate comes from nobody that this computer trusts",
                "Use one of a known authority (Let's Encrypt is free), complete with its chain.",
            )
        case _:
            return failed(f"the certificate is refused: {error.verify_message}", RENEW)
