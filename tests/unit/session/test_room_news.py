from app.session.room_news import RoomNews


class Heard:
    def __init__(self) -> None:
        self.news: list[tuple[str, bool]] = []

    def __call__(self, room: str, inside: bool) -> None:
        self.news.append((room, inside))


def test_passes_on_what_happens_in_the_rooms_of_one_server() -> None:
    news, eu, us = RoomNews(), Heard(), Heard()
    news.watch("EU", eu)
    news.watch("US", us)

    news.entered("EU", "attic")
    news.happened("EU", "attic")
    news.left("EU", "attic")

    assert eu.news == [("attic", True), ("attic", True), ("attic", False)]
    assert us.news == []


def test_who_comes_later_hears_at_once_where_we_are() -> None:
    news, late = RoomNews(), Heard()
    news.entered("EU", "attic")

    news.watch("EU", late)

    assert late.news == [("attic", True)]


def test_who_has_stopped_hears_nothing_more() -> None:
    news, heard = RoomNews(), Heard()
    stop = news.watch("EU", heard)

    stop()
    news.entered("EU", "attic")

    assert heard.news == []


def test_a_call_that_never_came_in_leaves_nothing() -> None:
    news, heard = RoomNews(), Heard()
    news.watch("EU", heard)

    news.left("EU", "attic")

    assert heard.news == []
