import pipecat.transports.livekit.transport as stock
import pytest

from app.agent import room_client
from app.domain.errors import MissingRequirementError


def test_every_transport_built_after_the_installation_uses_our_client(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(stock, "LiveKitTransportClient", stock.LiveKitTransportClient)

    room_client.install()
    room_client.install()

    assert stock.LiveKitTransportClient is room_client.RoomClient


def test_a_pipecat_that_has_changed_is_refused_by_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room_client, "RELIED_ON", ("connect", "_gone"))

    with pytest.raises(MissingRequirementError, match="lacks _gone") as missing:
        room_client.install()

    assert "pipecat-ai" in missing.value.hint
