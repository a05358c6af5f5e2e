"""The certificate of the join page on the network."""

import socket
import ssl
import tempfile
import threading
from pathlib import Path

import pytest
from cryptography import x509

from app.media.self_signed import server_context


def shown_certificate(context: ssl.SSLContext) -> x509.Certificate:
    """What a client that trusts anybody is shown."""
    ours, theirs = socket.socketpair()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE

    def serve() -> None:
        with context.wrap_socket(ours, server_side=True) as served:
            served.recv(1)

    server = threading.Thread(target=serve)
    server.start()
    with client.wrap_socket(theirs, server_hostname="192.168.1.20") as connected:
        shown = connected.getpeercert(binary_form=True)
        connected.send(b".")
    server.join(10)
    assert shown is not None
    return x509.load_der_x509_certificate(shown)


def test_names_the_address_for_a_few_days():
    shown = shown_certificate(server_context("192.168.1.20"))

    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["192.168.1.20"]
    assert (shown.not_valid_after_utc - shown.not_valid_before_utc).days <= 3


def test_is_another_one_each_time_and_stays_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    first, second = (shown_certificate(server_context("10.0.0.1")) for _ in range(2))

    assert first.serial_number != second.serial_number
    assert first.public_key() != second.public_key()
    assert list(tmp_path.iterdir()) == []
