"""The theme: its colours, its fonts and its live switch."""

import plistlib
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QRawFont
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.ui.fonts import FAMILY, MONO_FAMILY, Weight, font, metrics
from app.ui.motion import gtk_reduces_motion, mac_reduces_motion, reduced_motion
from app.ui.style_sheet import style_sheet
from app.ui.theme import ThemeChoice, theme
from app.ui.tokens import COLORS, INKS_ON_FILLS, SURFACES, TEXT_INKS, Scheme, Size, Token
from tests.ui.pictures import colors_in, picture

READABLE = 4.5
"""WCAG 2.2, 1.4.3: contrast of text."""


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parsed = QColor(color)
    channels = (parsed.redF(), parsed.greenF(), parsed.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_knows_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", Scheme)
def test_has_a_value_for_every_token(scheme: Scheme) -> None:
    assert set(COLORS[scheme]) == set(Token)


@pytest.mark.parametrize("scheme", Scheme)
def test_all_text_is_readable_on_every_surface(scheme: Scheme) -> None:
    colors = COLORS[scheme]
    pairs = [(ink, ground) for ink in TEXT_INKS for ground in SURFACES]

    faint = {
        (ink, ground)
        for ink, ground in [*pairs, *INKS_ON_FILLS]
        if contrast(colors[ink], colors[ground]) < READABLE
    }

    assert not faint


@pytest.mark.parametrize("scheme", Scheme)
def test_the_style_sheet_leaves_no_token_open(scheme: Scheme, tmp_path: Path) -> None:
    sheet = style_sheet(scheme, COLORS[scheme], tmp_path)

    assert "@" not in sheet
    images = [Path(part.split('"')[0]) for part in sheet.split('url("')[1:]]
    assert {image.name for image in images} == {
        f"image-{name}-{scheme}.svg" for name in ("chevron-down", "check", "check-ink")
    }
    assert all(image.is_file() for image in images)


def test_switches_live(qapp: QApplication, qtbot: QtBot) -> None:
    field = QLineEdit("words")
    qtbot.addWidget(field)
    field.show()
    dark = COLORS[Scheme.DARK][Token.BG].lower()
    light = COLORS[Scheme.LIGHT][Token.BG].lower()
    assert colors_in(picture(field)).get(dark, 0) > 1000

    with qtbot.waitSignal(theme.changed):
        theme.apply(ThemeChoice.LIGHT)

    assert theme.scheme is Scheme.LIGHT
    assert colors_in(picture(field)).get(light, 0) > 1000
    assert qapp.palette().color(QPalette.ColorRole.Window) == theme.color(Token.PANEL)


def test_follows_the_system_and_is_dark_where_that_does_not_say(qapp: QApplication) -> None:
    theme.apply(ThemeChoice.LIGHT)

    theme.apply(ThemeChoice.SYSTEM)

    assert theme.scheme is Scheme.DARK


def test_takes_up_a_change_of_the_system_only_when_it_follows_it(qapp: QApplication) -> None:
    hints = qapp.styleHints()
    theme.apply(ThemeChoice.SYSTEM)
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    followed = theme.scheme
    theme.apply(ThemeChoice.DARK)
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)

    assert followed is Scheme.LIGHT
    assert theme.scheme is Scheme.DARK


def test_a_wash_is_made_anew_for_each_scheme() -> None:
    dark = theme.wash(Token.RAISE, 0.5)
    theme.apply(ThemeChoice.LIGHT)
    light = theme.wash(Token.RAISE, 0.5)

    assert dark.alpha() == light.alpha() == 128
    assert dark != light


@pytest.mark.parametrize(
    ("weight", "style"),
    [
        (Weight.Normal, "Regular"),
        (Weight.Medium, "Medium"),
        (Weight.DemiBold, "SemiBold"),
        (Weight.Bold, "Bold"),
    ],
)
def test_draws_with_the_shipped_outlines_in_each_weight(weight: Weight, style: str) -> None:
    raw = QRawFont.fromFont(font(Size.BODY, weight))

    assert (raw.familyName(), raw.styleName()) == (FAMILY, style)
    # TrueType: Qt thickens the stems of the other kind.
    assert raw.fontTable("glyf").size() > 0


def test_draws_clocks_in_the_shipped_mono() -> None:
    raw = QRawFont.fromFont(font(Size.BODY, mono=True))

    assert raw.familyName() == MONO_FAMILY


def test_figures_that_change_keep_their_width() -> None:
    tabular = metrics(Size.BODY, num=True)
    prose = metrics(Size.BODY)

    assert tabular.horizontalAdvance("1111") == tabular.horizontalAdvance("8888")
    assert prose.horizontalAdvance("1111") < prose.horizontalAdvance("8888")


@pytest.mark.parametrize(
    ("setting", "reduced"),
    [
        ("gtk-enable-animations=0", True),
        ("gtk-enable-animations=false", True),
        ("gtk-enable-animations=1", False),
        ("gtk-enable-animations=maybe", False),
        ("", False),
    ],
)
def test_asks_gtk_for_motion(tmp_path: Path, setting: str, reduced: bool) -> None:
    path = tmp_path / "settings.ini"
    path.write_text(f"[Settings]\n{setting}\n")

    assert gtk_reduces_motion(path) is reduced


def test_a_broken_or_missing_gtk_file_asks_for_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "settings.ini"
    broken.write_bytes(b"no section\n\xff")

    assert not gtk_reduces_motion(broken)
    assert not gtk_reduces_motion(tmp_path / "missing.ini")


def test_asks_the_preferences_of_macos_for_motion(tmp_path: Path) -> None:
    path = tmp_path / "com.apple.universalaccess.plist"
    path.write_bytes(plistlib.dumps({"reduceMotion": True}))

    assert mac_reduces_motion(path)
    assert not mac_reduces_motion(tmp_path / "missing.plist")
    path.write_bytes(b"broken")
    assert not mac_reduces_motion(path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system is asked in another way")
def test_finds_the_setting_in_the_configuration_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    before = reduced_motion()
    (tmp_path / "gtk-4.0").mkdir()
    (tmp_path / "gtk-4.0/settings.ini").write_text("[Settings]\ngtk-enable-animations=0\n")

    assert (before, reduced_motion()) == (False, True)
