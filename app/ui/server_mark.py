"""A server's colour and name, as they stand wherever an act on it cannot be undone."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.domain.servers import ServerColour, ServerProfile
from app.ui.labels import Dot, ElidedLabel, Role
from app.ui.panes import row
from app.ui.tokens import SPACE_S, Token

SERVER_INKS = {
    ServerColour.GREEN: Token.OK,
    ServerColour.RED: Token.BAD,
    ServerColour.BLUE: Token.CALLER,
    ServerColour.VIOLET: Token.EAR,
    ServerColour.AMBER: Token.OPERATOR,
    ServerColour.GREY: Token.TEXT3,
}


class ServerMark(QWidget):
    """A dot in the server's colour, its name and its address."""

    def __init__(self, profile: ServerProfile) -> None:
        super().__init__()
        across = row(self, gap=SPACE_S)
        across.addWidget(Dot(SERVER_INKS[profile.colour]), 0, Qt.AlignmentFlag.AlignVCenter)
        self.name = ElidedLabel(profile.name, Role.STRONG)
        across.addWidget(self.name)
        if profile.url:
            across.addWidget(ElidedLabel(profile.url, Role.TERTIARY), 1)
        else:
            across.addStretch(1)
