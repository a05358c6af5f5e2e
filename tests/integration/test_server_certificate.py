"""The step Certificate against real TLS, with certificates of an authority that the test makes."""

import asyncio
import datetime
import ipaddress
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.domain.access import ServerAccess
from app.domain.servers import ServerKind, StepState
from app.domain.step_outcome import Outcome
from app.media.connection_test.certificate import certificate
from app.media.connection_test.trial import Subject, Trial

DAY = datetime.timedelta(days=1)
HOST = "127.0.0.1"


class Authority:
    """Signs certificates; a program that reads `path` trusts it."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
        self._folder = folder
        self.path = folder / "authority.pem"
        own = self._certificate(self._name, self._key, 365 * DAY, None)
        self.path.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def context(self, life: datetime.timedelta, host: str = HOST) -> ssl.SSLContext:
        """For a server whose certificate ends after `life`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        signed = self._certificate(name, key, life, host)
        pem = self._folder / "server.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        pem.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def _certificate(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        life: datetime.timedelta,
        host: str | None,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        ends = now + life
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(now, ends) - DAY)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        )
        if host is not None:
            address = x509.IPAddress(ipaddress.ip_address(host))
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    return made


async def test_a_certificate_that_holds(authority: Authority) -> None:
    found = await looked_at(authority.context(61 * DAY + DAY / 2))

    assert (found.state, found.detail) == (StepState.OK, "valid for 61 days")


async def test_a_certificate_that_ends_soon(authority: Authority) -> None:
    found = await looked_at(authority.context(3 * DAY + DAY / 2))

    assert (found.state, found.detail) == (StepState.WARNING, "valid for 3 more days")
    assert found.remedy.startswith("Renew it")


async def test_a_certificate_that_has_expired(authority: Authority) -> None:
    found = await looked_at(authority.context(-2 * DAY))

    assert (found.state, found.detail) == (StepState.FAILED, "the certificate has expired")


async def test_a_certificate_for_another_address(authority: Authority) -> None:
    found = await looked_at(authority.context(61 * DAY, "192.0.2.1"))

    assert found.detail == "the certificate is for another address"


async def test_a_certificate_of_nobody_known(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    found = await looked_at(authority.context(61 * DAY))

    assert found.state is StepState.FAILED
    assert "nobody that this computer trusts" in found.detail
    assert "Let's Encrypt" in found.remedy


async def test_a_server_without_tls() -> None:
    found = await looked_at(None)

    assert found.state is StepState.FAILED
    assert "Does the server speak ws://" in found.remedy


async def looked_at(context: ssl.SSLContext | None) -> Outcome:
    async with listening(context) as port:
        access = ServerAccess(f"wss://{HOST}:{port}", "APIkey", "s" * 40)
        trial = Trial(Subject(access, ServerKind.SELF_HOSTED, time.time, None, None, None))
        return await certificate(trial)


@asynccontextmanager
async def listening(context: ssl.SSLContext | None) -> AsyncGenerator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, HOST, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
