from app.domain.access import RoomAccess, ServerAccess


def test_neither_access_shows_its_secret():
    room = RoomAccess("ws://127.0.0.1:7880", "demo", "caller", "canary-token")
    server = ServerAccess("ws://127.0.0.1:7880", "APIkey", "canary-secret")

    assert "canary" not in repr(room)
    assert "canary" not in repr(server)
