"""Makes the certificate that the join page is served with on the network: new in each run, kept nowhere."""

import datetime
import ipaddress
import secrets
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = datetime.timedelta(days=2)
CLOCKS_DIFFER = datetime.timedelta(days=1)


def server_context(address: str) -> ssl.SSLContext:
    """TLS for a server at an IP address, with a certificate that no authority has signed.

    `ssl` reads a key from a file only: for that moment it lies in a folder of our own, encrypted. Any thread.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(address, key)
    password = secrets.token_bytes(32)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="greenroom-") as folder:
        path = Path(folder) / "server.pem"
        path.touch(mode=0o600)
        path.write_bytes(_pem(key, certificate, password))
        context.load_cert_chain(path, password=password)
    return context


def _certificate(address: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Greenroom at {address}")])
    now = datetime.datetime.now(datetime.UTC)
    host = x509.IPAddress(ipaddress.ip_address(address))
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _pem(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, password: bytes) -> bytes:
    sealed = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    return sealed + certificate.public_bytes(serialization.Encoding.PEM)
