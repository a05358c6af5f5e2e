"""Passes on what our own connections see happen in rooms, so that nobody has to ask the server for it."""

from collections.abc import Callable

OnNews = Callable[[str, bool], None]
"""The name of a room in which something has happened, and whether Greenroom is inside it."""


class RoomNews:
    """Tells those who watch a server's rooms of the rooms that Greenroom is in. Media loop only."""

    def __init__(self) -> None:
        self._inside: set[tuple[str, str]] = set()
        self._watching: list[tuple[str, OnNews]] = []

    def watch(self, server: str, on_news: OnNews) -> Callable[[], None]:
        """Hear of the rooms of a server until what is returned is called; at once of those that we are in."""
        entry = (server, on_news)
        self._watching.append(entry)
        for where, room in self._inside:
            if where == server:
                on_news(room, True)
        return lambda: self._watching.remove(entry)

    def entered(self, server: str, room: str) -> None:
        self._inside.add((server, room))
        self.happened(server, room)

    def left(self, server: str, room: str) -> None:
        if (server, room) in self._inside:
            self._inside.discard((server, room))
            self.happened(server, room)

    def happened(self, server: str, room: str) -> None:
        """Somebody came, went, spoke up, or changed in a room."""
        inside = (server, room) in self._inside
        for where, on_news in tuple(self._watching):
            if where == server:
                on_news(room, inside)
