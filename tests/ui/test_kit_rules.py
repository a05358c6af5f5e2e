"""Rules for everything in `app/ui`: where the look is decided, and how foreign text is shown."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import app.ui

UI = Path(app.ui.__file__).parent
FILES = sorted(UI.rglob("*.py"))
LOOK = {"tokens.py", "fonts.py", "style_sheet.py", "paint.py", "icons.py", "theme.py"}
"""Where colours, font sizes and radii are decided and applied."""
KIT = {"buttons.py", "labels.py", "panes.py"}
COLOR = re.compile(
    r"""["']#[0-9a-fA-F]{3,8}["']|QColor\(\s*\d|Qt\.GlobalColor\.(?!transparent|black)"""
)
FONT_SIZE = re.compile(r"setPixelSize|setPointSize|font-size\s*:|\b(?:font|metrics)\(\s*\d|QFont\(")
TAKES_RADIUS = {"draw_rounded", "drawRoundedRect", "addRoundedRect", "draw_focus_ring"}
MADE_BY_THE_KIT = {"QPushButton", "QToolButton", "QLabel", "QMenu", "QRadioButton"}
TAKES_HTML = {"setHtml", "insertHtml", "appendHtml", "setMarkdown", "QMessageBox", "QTextBrowser"}


def other_than(allowed: set[str]) -> list[Path]:
    return [path for path in FILES if path.name not in allowed]


@pytest.mark.parametrize(("what", "pattern"), [("colour", COLOR), ("font size", FONT_SIZE)])
def test_only_the_theme_knows_the_look(what: str, pattern: re.Pattern[str]) -> None:
    strays = {
        f"{path.relative_to(UI)}: {line.strip()}"
        for path in other_than(LOOK)
        for line in path.read_text().splitlines()
        if pattern.search(line)
    }

    assert not strays, f"a {what} belongs in tokens.py"


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (COLOR, 'p.setPen(QColor("#fff"))'),
        (COLOR, "QColor(12, 13, 14)"),
        (FONT_SIZE, "font(13)"),
        (FONT_SIZE, "f.setPixelSize(12)"),
    ],
)
def test_the_rules_of_the_look_can_fail(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


def called(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """The last name of every call in a file, with the call."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = node.func
            if isinstance(name, ast.Attribute):
                yield name.attr, node
            elif isinstance(name, ast.Name):
                yield name.id, node


def test_only_the_theme_knows_a_radius() -> None:
    strays = {
        f"{path.relative_to(UI)}:{call.lineno}"
        for path in other_than(LOOK)
        for name, call in called(path)
        if name in TAKES_RADIUS and any(_is_number(argument) for argument in call.args)
    }

    assert not strays


def _is_number(argument: ast.expr) -> bool:
    return isinstance(argument, ast.Constant) and isinstance(argument.value, int | float)


def test_only_the_kit_makes_buttons_labels_and_menus() -> None:
    strays = {
        f"{path.relative_to(UI)}:{call.lineno} {name}"
        for path in other_than(KIT)
        for name, call in called(path)
        if name in MADE_BY_THE_KIT
    }

    assert not strays


def test_nothing_takes_html() -> None:
    strays = {
        f"{path.relative_to(UI)}:{call.lineno} {name}"
        for path in FILES
        for name, call in called(path)
        if name in TAKES_HTML
    }

    assert not strays


def test_a_tooltip_is_a_constant_or_made_plain() -> None:
    strays = {
        f"{path.relative_to(UI)}:{call.lineno}"
        for path in other_than(KIT)
        for name, call in called(path)
        if name == "setToolTip" and not _is_plain(call.args[0])
    }

    assert not strays


def _is_plain(argument: ast.expr) -> bool:
    if isinstance(argument, ast.Constant):
        return True
    match argument:
        case ast.Call(func=ast.Name(id="plain_tip")):
            return True
        case _:
            return False


def test_every_shipped_icon_is_used_and_every_used_one_ships() -> None:
    from app.runtime.resources import resource

    shipped = {path.stem for path in resource("icons").glob("*.svg")}
    text = "\n".join(path.read_text() for path in FILES)
    used = {name for name in shipped if f'"{name}"' in text}

    assert used == shipped


def test_the_kit_imports_nothing_heavy() -> None:
    code = (
        "import sys, app.ui.controls, app.ui.access, app.ui.views.transcript, app.ui.views.waterfall,"
        "app.ui.views.trends, app.ui.views.events, app.ui.views.meter_bank, app.ui.views.state_word;"
        "print(sorted(m for m in ('numpy', 'pyqtgraph', 'livekit', 'pipecat', 'qasync', 'yaml',"
        "'pydantic') if m in sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
