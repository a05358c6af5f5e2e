"""The settings of a service as fields, made from its entry in the catalogue."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

import yaml
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.domain.preset_services import LOCAL_SERVICES
from app.domain.services import ServiceEntry, Setting, SettingForm
from app.ui.controls import Choice, Field, TextArea, TextField, column, plain_tip
from app.ui.pages.agents_rows import Fold
from app.ui.pages.agents_values import Group, place_of, value_at, with_value
from app.ui.plain_text import shown
from app.ui.tokens import SPACE_M, SPACE_S

BY_ITSELF = ""
ON, OFF = "true", "false"
LIVE = "can be changed while a call runs"
REQUIRED = "required"
_HINT_CAP = 140
_ADDRESS = Setting(
    "url", SettingForm.TEXT, description="Its address, where it is not the usual one"
)
_ELSEWHERE = ("url", "endpoint", "server")
"""What the parameter is called that takes an address."""
_ALWAYS = (
    Setting("model", SettingForm.TEXT, description="Empty takes the service’s own"),
    Setting("voice", SettingForm.TEXT, description="Empty takes the service’s own"),
    Setting("language", SettingForm.TEXT, description="Empty takes the service’s own"),
)


class PropertySheet(QWidget):
    """Fields for every setting of one service. It holds the service as it would stand in the text."""

    changed = Signal()
    """`group` has changed."""

    def __init__(self, entry: ServiceEntry, group: Group) -> None:
        super().__init__()
        self.entry = entry
        self.group: Group = dict(group)
        self.fields: dict[str, Field] = {}
        """By the places of the settings, as in settings.temperature."""
        self.wrong: set[str] = set()
        """The places whose field holds no value of its kind."""
        lines = column(self, (SPACE_M, SPACE_S, SPACE_M, SPACE_M), SPACE_M)
        first = list(_usual(entry))
        for setting in first:
            lines.addWidget(self._field(setting))
        usual = {setting.name for setting in first}
        for title, settings in (("Settings", entry.settings), ("More options", entry.options)):
            more = [setting for setting in settings if setting.name not in usual]
            more.sort(key=lambda setting: setting.form is SettingForm.YAML)
            if more:
                lines.addWidget(self._fold(title, more, is_open=title == "Settings"))
        lines.addStretch(1)

    @property
    def missing(self) -> list[str]:
        """The names of required settings that have no value."""
        wanted = [each for each in (*self.entry.settings, *self.entry.options) if each.required]
        return [
            shown(each.name, 60)
            for each in wanted
            if each.default is None and value_at(self.group, place_of(self.entry, each)) is None
        ]

    # Fields

    def _fold(self, title: str, settings: list[Setting], *, is_open: bool) -> Fold:
        content = QWidget()
        lines = column(content, gap=SPACE_M)
        for setting in settings:
            lines.addWidget(self._field(setting))
        written = [value_at(self.group, place_of(self.entry, each)) for each in settings]
        fold = Fold(title, content, is_open=is_open or any(each is not None for each in written))
        fold.show_words(f"{len(settings)}")
        return fold

    def _field(self, setting: Setting) -> Field:
        place = place_of(self.entry, setting)
        value = value_at(self.group, place)
        control = self._control(setting, value)
        key = ".".join(str(part) for part in place)
        held = Field(_caption(setting), control, hint=_hint(setting))
        control.setToolTip(plain_tip(setting.description or setting.name))
        self.fields[key] = held
        return held

    def _control(self, setting: Setting, value: object) -> QWidget:
        name = shown(setting.name, 60)
        if setting.form is SettingForm.YAML:
            area = TextArea(name, placeholder=_placeholder(setting), lines=3)
            area.setPlainText("" if value is None else _as_yaml(value))
            area.textChanged.connect(lambda: self._take(setting, area.toPlainText()))
            return area
        if setting.form in (SettingForm.SWITCH, SettingForm.CHOICE):
            choice = Choice(name, _options(setting, value))
            choice.choose(_as_text(value))
            choice.chosen.connect(partial(self._take, setting))
            return choice
        field = TextField(name, placeholder=_placeholder(setting))
        field.setText(_as_text(value))
        field.textEdited.connect(partial(self._take, setting))
        return field

    def _take(self, setting: Setting, text: str) -> None:
        place = place_of(self.entry, setting)
        key = ".".join(str(part) for part in place)
        try:
            value = parsed(setting, text)
        except ValueError as error:
            self.wrong.add(key)
            self.fields[key].show_error(str(error))
        else:
            self.wrong.discard(key)
            self.fields[key].show_error("")
            self.group = with_value(self.group, place, value)
        self.changed.emit()


def parsed(setting: Setting, text: str) -> object:
    """The value that a text stands for; None where it is the default. Raises ValueError that says what is wrong."""
    if not text.strip():
        return None
    value = _PARSERS[setting.form](text)
    same = value == setting.default and isinstance(value, bool) is isinstance(setting.default, bool)
    return None if same else value


def _number(text: str) -> float:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        raise ValueError("A number, such as 0.5") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("A number, such as 0.5")
    return value


def _integer(text: str) -> int:
    try:
        return int(text.strip())
    except ValueError:
        raise ValueError("A whole number, such as 48") from None


def _from_yaml(text: str) -> object:
    try:
        return cast("object", yaml.safe_load(text))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"Line {line}: {error.problem or 'this is not YAML'}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ValueError("This is not YAML") from None


def _switch(text: str) -> object:
    return text == ON


def _as_it_is(text: str) -> object:
    return text


_PARSERS: dict[SettingForm, Callable[[str], object]] = {
    SettingForm.TEXT: _as_it_is,
    SettingForm.CHOICE: _as_it_is,
    SettingForm.NUMBER: _number,
    SettingForm.INTEGER: _integer,
    SettingForm.SWITCH: _switch,
    SettingForm.YAML: _from_yaml,
}


def _usual(entry: ServiceEntry) -> Iterator[Setting]:
    """What stands first: model, voice, language and address, as far as the service has them."""
    if entry.id in LOCAL_SERVICES:
        return
    own = {setting.name: setting for setting in (*entry.options, *entry.settings)}
    for always in _ALWAYS:
        if always.name in own:
            yield own[always.name]
    named = [each.parameter for each in entry.credentials]
    if "url" in own or any(word in name for name in named for word in _ELSEWHERE):
        yield own.get("url", _ADDRESS)


def _caption(setting: Setting) -> str:
    words = "address" if setting is _ADDRESS else shown(setting.name, 60).replace("_", " ")
    caption = words[:1].upper() + words[1:]
    return f"{caption}, {REQUIRED}" if setting.required else caption


def _hint(setting: Setting) -> str:
    first = shown(setting.description.split(". ")[0].removesuffix("."), _HINT_CAP)
    return " · ".join(part for part in (first, LIVE if setting.live else "") if part)


def _placeholder(setting: Setting) -> str:
    if setting.default is None:
        return "" if setting.required else "the service decides"
    return f"default: {shown(_as_text(setting.default), 60)}"


def _options(setting: Setting, value: object) -> list[tuple[str, str]]:
    default = f" ({_as_text(setting.default)})" if setting.default is not None else ""
    if setting.form is SettingForm.SWITCH:
        said = f" ({'on' if setting.default else 'off'})" if setting.default is not None else ""
        return [(BY_ITSELF, f"As the service does{said}"), (ON, "On"), (OFF, "Off")]
    options = [(BY_ITSELF, f"As the service does{default}")]
    options += [(choice, choice) for choice in setting.choices]
    written = _as_text(value)
    if written and written not in setting.choices:
        options.append((written, written))
    return options


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return ON if value else OFF
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)


def _as_yaml(value: object) -> str:
    written = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    return written.removesuffix("...\n").strip()
