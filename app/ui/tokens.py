"""The tokens of the look: every colour, font size and radius that the panel uses, in both schemes."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum


class Scheme(StrEnum):
    DARK = "dark"
    LIGHT = "light"


class Token(StrEnum):
    """A colour by what it means. The same name has a value in each scheme."""

    BG = "bg"
    PANEL = "panel"
    CARD = "card"
    RAISE = "raise"
    LINE = "line"
    LINE2 = "line2"
    TEXT = "text"
    TEXT2 = "text2"
    TEXT3 = "text3"
    ACCENT = "accent"
    ACCENT_INK = "accent-ink"
    ACCENT_DIM = "accent-dim"
    CALLER = "caller"
    AGENT = "agent"
    OPERATOR = "operator"
    EAR = "ear"
    EAR_INK = "ear-ink"
    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    OK_DIM = "ok-dim"
    WARN_DIM = "warn-dim"
    BAD_DIM = "bad-dim"
    ST_SILENCE = "st-silence"
    ST_STT = "st-stt"
    ST_TURN = "st-turn"
    ST_LLM = "st-llm"
    ST_TOOL = "st-tool"
    ST_SENTENCE = "st-sentence"
    ST_VOICE = "st-voice"
    ST_OUT = "st-out"
    ST_NET = "st-net"
    SHADOW = "shadow"


SURFACES = (Token.BG, Token.PANEL, Token.CARD, Token.RAISE)
TEXT_INKS = (
    Token.TEXT,
    Token.TEXT2,
    Token.TEXT3,
    Token.CALLER,
    Token.AGENT,
    Token.OPERATOR,
    Token.EAR,
    Token.OK,
    Token.WARN,
    Token.BAD,
)
"""Inks that text is written in on any surface."""
INKS_ON_FILLS = (
    (Token.ACCENT_INK, Token.ACCENT),
    (Token.EAR_INK, Token.EAR),
    (Token.ACCENT, Token.ACCENT_DIM),
    (Token.OK, Token.OK_DIM),
    (Token.WARN, Token.WARN_DIM),
    (Token.BAD, Token.BAD_DIM),
    (Token.PANEL, Token.BAD),
)
"""Inks that are written on one fill only, with that fill."""

_DARK = {
    Token.BG: "#0F1214",
    Token.PANEL: "#15191C",
    Token.CARD: "#1B2125",
    Token.RAISE: "#232B30",
    Token.LINE: "#262F35",
    Token.LINE2: "#36424A",
    Token.TEXT: "#E9EEF0",
    Token.TEXT2: "#A3B0B7",
    Token.TEXT3: "#8C9AA3",
    Token.ACCENT: "#35C98A",
    Token.ACCENT_INK: "#06281A",
    Token.ACCENT_DIM: "#173B2D",
    Token.CALLER: "#6FB1FF",
    Token.AGENT: "#4AD79A",
    Token.OPERATOR: "#F4B74A",
    Token.EAR: "#B99BFF",
    Token.EAR_INK: "#120A24",
    Token.OK: "#4AD79A",
    Token.WARN: "#F4B74A",
    Token.BAD: "#FF6B70",
    Token.OK_DIM: "#16342A",
    Token.WARN_DIM: "#382D17",
    Token.BAD_DIM: "#3A1E21",
    Token.ST_SILENCE: "#7D8B94",
    Token.ST_STT: "#5AA2F5",
    Token.ST_TURN: "#8A93F8",
    Token.ST_LLM: "#B58CF2",
    Token.ST_TOOL: "#F08BB4",
    Token.ST_SENTENCE: "#D0B455",
    Token.ST_VOICE: "#3FC98E",
    Token.ST_OUT: "#4FB9C4",
    Token.ST_NET: "#F0955A",
    Token.SHADOW: "#000000",
}
_LIGHT = {
    Token.BG: "#F3F5F5",
    Token.PANEL: "#FAFBFB",
    Token.CARD: "#FFFFFF",
    Token.RAISE: "#EDF1F1",
    Token.LINE: "#DFE5E6",
    Token.LINE2: "#C3CDD0",
    Token.TEXT: "#14191B",
    Token.TEXT2: "#4C5A61",
    Token.TEXT3: "#5D6A71",
    Token.ACCENT: "#0A774B",
    Token.ACCENT_INK: "#FFFFFF",
    Token.ACCENT_DIM: "#D8F1E5",
    Token.CALLER: "#1A60BA",
    Token.AGENT: "#0A774B",
    Token.OPERATOR: "#855600",
    Token.EAR: "#7A52D6",
    Token.EAR_INK: "#FFFFFF",
    Token.OK: "#0A774B",
    Token.WARN: "#855600",
    Token.BAD: "#B52A32",
    Token.OK_DIM: "#DDF3E8",
    Token.WARN_DIM: "#FBF0DB",
    Token.BAD_DIM: "#FBE6E7",
    Token.ST_SILENCE: "#93A0A7",
    Token.ST_STT: "#3D86DD",
    Token.ST_TURN: "#6C76E6",
    Token.ST_LLM: "#9467DD",
    Token.ST_TOOL: "#D8608F",
    Token.ST_SENTENCE: "#B0922F",
    Token.ST_VOICE: "#22A26E",
    Token.ST_OUT: "#2B97A3",
    Token.ST_NET: "#D5743A",
    Token.SHADOW: "#141E23",
}
COLORS: Mapping[Scheme, Mapping[Token, str]] = {Scheme.DARK: _DARK, Scheme.LIGHT: _LIGHT}


SHADOW_STRENGTH: Mapping[Scheme, float] = {Scheme.DARK: 0.45, Scheme.LIGHT: 0.14}
"""How dark the shadow below a dialog is at its edge."""


class Size(IntEnum):
    """Font sizes in pixels. Qt draws whole ones only."""

    SCALE = 9
    RAIL = 10
    CAPTION = 11
    SECONDARY = 12
    BODY = 13
    SCRIPT = 14
    LEAD = 15
    TITLE = 16
    HEADING = 19
    STATE = 21
    TILE = 22
    HEADLINE = 30


class Radius(IntEnum):
    BAR = 2
    INNER = 4
    CONTROL = 5
    CARD = 8
    DIALOG = 12


SPACE_XS, SPACE_S, SPACE_M, SPACE_L, SPACE_XL = 4, 8, 12, 16, 24
RAIL_WIDTH = 60
TOP_HEIGHT = 56
BUTTON_HEIGHT = 30
BIG_BUTTON_HEIGHT = 42
DOCK_SHUT_HEIGHT = 52
DOCK_OPEN_HEIGHT = 272
OPENING_MS = 120
"""How long a thing that opens may move."""
