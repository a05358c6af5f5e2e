from app.runtime.resources import resource


def test_shipped_files_are_found():
    assert resource("fonts").is_dir()
    assert any(resource("icons").glob("*.svg"))
