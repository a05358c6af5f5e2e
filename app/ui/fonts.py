"""The fonts that ship with the panel."""

from functools import lru_cache

from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF

from app.runtime.resources import resource
from app.ui.tokens import Size

FAMILY = "Greenroom Inter"
MONO_FAMILY = "Greenroom Mono"
"""Names of our own: an installed family of the same name would beat the shipped one, weight by weight."""
Weight = QFont.Weight


def load_fonts() -> list[str]:
    """Register the shipped fonts with Qt and return the families they gave. Once, after the application exists."""
    families: set[str] = set()
    for path in sorted(resource("fonts").glob("*.ttf")):
        index = QFontDatabase.addApplicationFont(str(path))
        families.update(QFontDatabase.applicationFontFamilies(index))
    return sorted(families)


@lru_cache(256)
def font(
    size: Size, weight: QFont.Weight = Weight.Normal, *, mono: bool = False, num: bool = False
) -> QFont:
    """A font of the panel.

    `num` gives tabular figures, for numbers that change; not for prose, since Inter's also widen the hyphen.
    """
    made = QFont(MONO_FAMILY if mono else FAMILY)
    made.setPixelSize(size)
    made.setWeight(weight)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if mono:
        # Keys, commands and YAML show each character as it is typed.
        made.setFeature(QFont.Tag("calt"), 0)
    for tag in _features(mono=mono, num=num):
        made.setFeature(QFont.Tag(tag), 1)
    return made


@lru_cache(256)
def metrics(
    size: Size, weight: QFont.Weight = Weight.Normal, *, mono: bool = False, num: bool = False
) -> QFontMetricsF:
    return QFontMetricsF(font(size, weight, mono=mono, num=num))


def _features(*, mono: bool, num: bool) -> tuple[str, ...]:
    """`cv05` and `ss03` are Inter's lower-case l with a tail and its round quotes."""
    if mono:
        return ()
    return ("tnum", "cv05", "ss03") if num else ("cv05", "ss03")
