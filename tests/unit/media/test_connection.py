import pytest
from livekit import rtc

from app.media.connection import reason_in_words


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (rtc.DisconnectReason.CLIENT_INITIATED, "it left"),
        (rtc.DisconnectReason.ROOM_DELETED, "the room was closed"),
        (rtc.DisconnectReason.UNKNOWN_REASON, "the connection was lost"),
        (None, "the connection was lost"),
        (12345, "the connection was lost"),
    ],
)
def test_says_why_somebody_left(reason: int | None, words: str) -> None:
    assert reason_in_words(reason) == words
