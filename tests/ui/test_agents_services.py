"""The sheet that chooses a service: the catalogue, property sheets, fallbacks, and adding an extra."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.agent.catalogue import catalogue
from app.agent.preset_file import read_preset
from app.domain.errors import UserError
from app.domain.services import Credential, ServiceEntry, ServiceKind, Setting, SettingForm
from app.ui.controls import Choice, TextArea, TextField
from app.ui.pages.agents_offers import HERE, LACKS_EXTRA, LACKS_KEY, READY, Offer, offers
from app.ui.pages.agents_property_sheet import PropertySheet, parsed
from app.ui.pages.agents_values import Group, plain_services, with_value
from tests.support.agents_rig import AgentsRig, Loop, run
from tests.support.desks_agents import LIBRARY, SPEECH, MemoryAgentDesk, full_desk, preset_view
from tests.support.panel import until
from tests.ui.test_page_states import cut_off, nameless

CATALOGUE = catalogue()


def desk_of(
    text: str = LIBRARY, entries: tuple[ServiceEntry, ...] | None = None
) -> MemoryAgentDesk:
    views = [preset_view("desk", "Library desk", "a line")]
    return MemoryAgentDesk(views, {"desk": text}, entries)


async def open_sheet(rig: AgentsRig, kind: ServiceKind) -> None:
    rig.page.preset.pipe.cards[kind].click()
    await rig.settle()


def offer(rig: AgentsRig, service_id: str, model: str = "") -> Offer:
    found = [each for each in rig.sheet.list.offers if each.entry.id == service_id]
    return next(each for each in found if each.endpoint[1] == model)


def lacking_extra(rig: AgentsRig) -> Offer:
    return next(each for each in rig.sheet.list.offers if each.group == LACKS_EXTRA)


# Property sheets


@pytest.mark.parametrize("kind", list(ServiceKind))
def test_a_property_sheet_opens_for_every_entry_of_the_catalogue(
    qtbot: QtBot, kind: ServiceKind
) -> None:
    entries = [entry for entry in CATALOGUE if entry.kind is kind]
    assert entries
    for entry in entries:
        sheet = PropertySheet(entry, {"service": entry.id})
        qtbot.addWidget(sheet)
        sheet.resize(520, 4000)
        sheet.show()
        QApplication.processEvents()

        names = {key.rsplit(".", 1)[-1] for key in sheet.fields}
        assert {each.name for each in (*entry.settings, *entry.options)} <= names, entry.id
        assert list(nameless(sheet)) == []
        assert [line for line in cut_off(sheet) if "reaches" not in line] == [], entry.id
        assert sheet.group == {"service": entry.id}
        sheet.hide()


SHEET = ServiceEntry(
    id="made_up",
    kind=ServiceKind.LLM,
    label="Made up",
    module="",
    class_name="MadeUp",
    extras=(),
    installed=True,
    local=False,
    credentials=(
        Credential("api_key", "MADE_UP_KEY", "openai"),
        Credential("base_url", "", "", False),
    ),
    settings=(
        Setting("model", SettingForm.TEXT, "small"),
        Setting("temperature", SettingForm.NUMBER, 0.7, description="How wild. And more words."),
        Setting("max_tokens", SettingForm.INTEGER, None),
        Setting("stream", SettingForm.SWITCH, True, live=True),
        Setting("effort", SettingForm.CHOICE, "low", ("low", "high")),
        Setting("extra", SettingForm.YAML),
    ),
    options=(Setting("region", SettingForm.TEXT, required=True),),
)


def enter(sheet: PropertySheet, key: str, text: str) -> None:
    control = sheet.fields[key].control
    if isinstance(control, TextField):
        control.setText(text)
        control.textEdited.emit(text)
    elif isinstance(control, Choice):
        control.choose(text)
        control.chosen.emit(text)
    else:
        assert isinstance(control, TextArea)
        control.setPlainText(text)


def test_only_what_differs_from_the_default_is_written(qtbot: QtBot) -> None:
    sheet = PropertySheet(SHEET, {"service": "made_up"})
    qtbot.addWidget(sheet)
    for key, text in (
        ("model", "large"),
        ("url", "http://127.0.0.1:1/v1"),
        ("settings.temperature", "0.25"),
        ("settings.max_tokens", "48"),
        ("settings.stream", "false"),
        ("settings.effort", "high"),
        ("settings.extra", "seed: 3\nstop: [a, b]"),
        ("options.region", "eu"),
    ):
        enter(sheet, key, text)

    assert sheet.group == {
        "service": "made_up",
        "model": "large",
        "url": "http://127.0.0.1:1/v1",
        "settings": {
            "temperature": 0.25,
            "max_tokens": 48,
            "stream": False,
            "effort": "high",
            "extra": {"seed": 3, "stop": ["a", "b"]},
        },
        "options": {"region": "eu"},
    }
    for key, text in (
        ("model", "small"),
        ("url", ""),
        ("settings.temperature", "0.7"),
        ("settings.max_tokens", ""),
        ("settings.stream", "true"),
        ("settings.effort", "low"),
        ("settings.extra", ""),
        ("options.region", ""),
    ):
        enter(sheet, key, text)
    assert sheet.group == {"service": "made_up"}
    assert sheet.missing == ["region"]


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("settings.temperature", "warm", "A number"),
        ("settings.temperature", "nan", "A number"),
        ("settings.max_tokens", "4.5", "A whole number"),
        ("settings.extra", "a: [1", "Line "),
        ("settings.extra", "!!python/object:os.system x", "Line "),
    ],
)
def test_a_wrong_value_is_said_at_its_field_and_not_taken(
    qtbot: QtBot, key: str, text: str, why: str
) -> None:
    sheet = PropertySheet(SHEET, {"service": "made_up"})
    qtbot.addWidget(sheet)

    enter(sheet, key, text)

    assert sheet.fields[key].error.startswith(why)
    assert sheet.wrong == {key}
    assert sheet.group == {"service": "made_up"}
    enter(sheet, key, "")
    assert not sheet.wrong


def test_the_hint_is_short_and_the_tooltip_whole(qtbot: QtBot) -> None:
    sheet = PropertySheet(SHEET, {"service": "made_up"})
    qtbot.addWidget(sheet)
    control = sheet.fields["settings.temperature"].control
    assert control.accessibleDescription() == "How wild"
    assert "And more words." in control.toolTip()
    live = sheet.fields["settings.stream"].control
    assert "while a call runs" in live.accessibleDescription()


@pytest.mark.parametrize("form", list(SettingForm))
def test_nothing_entered_is_the_default(form: SettingForm) -> None:
    assert parsed(Setting("x", form), "  ") is None


def test_a_group_that_is_empty_without_a_value_goes() -> None:
    group: Group = {"service": "a", "settings": {"x": 1}}
    assert with_value(group, ("settings", "x"), None) == {"service": "a"}
    assert with_value(group, ("settings", "y"), 2) == {"service": "a", "settings": {"x": 1, "y": 2}}
    assert group == {"service": "a", "settings": {"x": 1}}


@pytest.mark.parametrize("text", [LIBRARY, SPEECH])
def test_services_stand_in_plain_words_as_in_the_text(text: str) -> None:
    preset = read_preset(text, "desk").preset
    assert preset is not None
    plain = plain_services(preset.services)
    again = SPEECH if text is SPEECH else LIBRARY
    for part, group in plain.items():
        assert str(group["service"]) in again
        assert MemoryAgentDesk([], {}, ()).changed(text, ("services", part), group) == text


# The offers


def test_offers_are_grouped_by_what_they_lack() -> None:
    ready = SHEET
    here = replace(SHEET, id="here", label="Here", local=True, credentials=())
    bare = replace(SHEET, id="bare", label="Bare", installed=False, extras=("bare",))
    found = offers((ready, here, bare), (), frozenset({"openai"}), ServiceKind.LLM)
    assert [(each.name, each.group) for each in found] == [
        ("Here", HERE),
        ("Made up", READY),
        ("Bare", LACKS_EXTRA),
    ]
    (lacks,) = offers((ready,), (), frozenset(), ServiceKind.LLM)
    assert (lacks.group, lacks.note) == (LACKS_KEY, "MADE_UP_KEY")
    assert offers((ready,), (), frozenset(), ServiceKind.TTS) == ()


def test_every_service_is_offered_once(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        await open_sheet(rig, ServiceKind.TTS)
        ids = [each.entry.id for each in rig.sheet.list.offers]
        assert sorted(ids) == sorted(e.id for e in CATALOGUE if e.kind is ServiceKind.TTS)

    run(qt_loop, desk_of(), test)


def test_the_search_finds_and_return_chooses(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        await open_sheet(rig, ServiceKind.STT)
        assert rig.window.focusWidget() is rig.sheet.search
        QTest.keyClicks(rig.sheet.search, "whisper tiny")
        assert [each.entry.id for each in rig.sheet.list.offers] == ["whisper-tiny-en"]
        await rig.key(Qt.Key.Key_Return)
        await rig.key(Qt.Key.Key_Return)
        assert rig.sheet.group == {"service": "whisper-tiny-en"} | {
            "fallback": [{"service": "whisper-tiny-en"}]
        }
        rig.sheet.search.setText("<b>nothing</b>")
        assert rig.sheet.none.text() == "No service here is called “<b>nothing</b>”."

    run(qt_loop, desk_of(), test)


def test_a_server_on_this_computer_is_a_model(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        await open_sheet(rig, ServiceKind.LLM)
        rig.sheet.list.chosen.emit(offer(rig, "openai_llm", "qwen3:8b"))
        rig.press(rig.sheet.act)

        text = rig.draft.text
        assert "url: http://127.0.0.1:11434/v1" in text
        assert "model: qwen3:8b" in text
        assert "smollm2-135m" in text
        assert rig.draft.preset is not None

    run(qt_loop, desk_of(), test)


def test_a_sheet_that_is_left_changes_nothing(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        await open_sheet(rig, ServiceKind.LLM)
        enter(rig.properties, "settings.temperature", "0.9")
        await rig.key(Qt.Key.Key_Escape)
        assert rig.page.acts.dialog is None
        assert rig.draft.text == LIBRARY

        await open_sheet(rig, ServiceKind.LLM)
        enter(rig.properties, "settings.temperature", "0.9")
        rig.press(rig.sheet.act)
        assert rig.draft.text == LIBRARY.replace("temperature: 0.4", "temperature: 0.9")

    run(qt_loop, desk_of(), test)


def test_speech_to_speech_has_one_card_with_its_own_services(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        cards = rig.page.preset.pipe.cards
        assert [kind for kind, card in cards.items() if card.isVisible()] == [ServiceKind.REALTIME]
        await open_sheet(rig, ServiceKind.REALTIME)
        kinds = {each.entry.kind for each in rig.sheet.list.offers}
        assert kinds == {ServiceKind.REALTIME}
        rig.sheet.list.chosen.emit(offer(rig, "gemini_live_realtime"))
        rig.sheet.fallbacks.add.chosen.emit("openai_realtime")
        rig.press(rig.sheet.act)
        assert "service: gemini_live_realtime" in rig.draft.text
        assert "service: openai_realtime" in rig.draft.text
        assert rig.draft.preset is not None

    run(qt_loop, desk_of(SPEECH), test)


# Fallbacks


def test_fallbacks_are_added_moved_and_removed(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        await open_sheet(rig, ServiceKind.LLM)
        fallbacks = rig.sheet.fallbacks
        fallbacks.add.choose("groq_llm")
        fallbacks.add.chosen.emit("groq_llm")
        rig.press(fallbacks.rows[1].up)
        rig.press(rig.sheet.act)
        assert rig.draft.preset is not None
        assert "{service: groq_llm}, {service: smollm2-135m}" in rig.draft.text

        await open_sheet(rig, ServiceKind.LLM)
        for _ in range(2):
            rig.press(rig.sheet.fallbacks.rows[0].remove)
        rig.press(rig.sheet.act)
        assert rig.draft.preset is not None
        card = rig.page.preset.pipe.cards[ServiceKind.LLM]
        assert card.accessibleName().endswith("no fallback")

    run(qt_loop, desk_of(), test)


# Extras and keys


def test_a_missing_extra_is_copied_added_and_then_there(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        await open_sheet(rig, ServiceKind.TTS)
        lacks = lacking_extra(rig)
        rig.sheet.list.chosen.emit(lacks)
        box = rig.sheet.extra
        extra = lacks.entry.extras[0]
        assert box.command.text() == rig.desk.install_command(extra)
        rig.press(box.copy)
        assert QApplication.clipboard().text() == rig.desk.install_command(extra)

        rig.desk.install_gate.clear()
        rig.press(box.add)
        await until(lambda: "Collecting" in box.says.text())
        assert box.add.text() == "Cancel"
        assert box.mark.isVisible()
        rig.desk.install_gate.set()

        await until(lambda: not box.isVisible())
        await until(lambda: offer(rig, lacks.entry.id).group != LACKS_EXTRA)

    run(qt_loop, desk_of(), test)


def test_adding_an_extra_is_cancelled_and_its_failure_is_said(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        await open_sheet(rig, ServiceKind.TTS)
        rig.sheet.list.chosen.emit(lacking_extra(rig))
        box = rig.sheet.extra
        rig.desk.install_gate.clear()
        rig.press(box.add)
        await until(lambda: box.add.text() == "Cancel")
        rig.press(box.add)
        await until(lambda: box.add.text() == "Add it")
        assert not box.says.isVisible()

        rig.desk.error = UserError("The installer failed.", "No network.")
        rig.press(box.add)
        rig.desk.install_gate.set()
        await until(lambda: "The installer failed. No network." in box.says.text())
        assert box.add.isEnabled()
        rig.desk.error = None

    run(qt_loop, desk_of(), test)


def test_an_installation_goes_on_when_the_sheet_is_left(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        await open_sheet(rig, ServiceKind.TTS)
        lacks = lacking_extra(rig)
        rig.sheet.list.chosen.emit(lacks)
        rig.desk.install_gate.clear()
        rig.press(rig.sheet.extra.add)
        await rig.settle()
        rig.sheet.reject()
        await open_sheet(rig, ServiceKind.TTS)
        rig.sheet.list.chosen.emit(offer(rig, lacks.entry.id))
        assert rig.sheet.extra.add.text() == "Cancel"
        rig.desk.install_gate.set()
        await until(lambda: not rig.page.installs.running)

    run(qt_loop, desk_of(), test)


def test_a_missing_key_leads_to_the_keys(qt_loop: Loop) -> None:
    async def test(rig: AgentsRig) -> None:
        rig.desk.keys = frozenset()
        await open_sheet(rig, ServiceKind.LLM)
        assert rig.sheet.to_key.isVisible()
        rig.press(rig.sheet.to_key)
        assert rig.keys_wanted == ["openai"]
        assert rig.page.acts.dialog is None

    run(qt_loop, desk_of(), test)


def test_a_service_of_no_catalogue_is_said_and_kept(qt_loop: Loop) -> None:
    text = LIBRARY.replace("service: openai_llm", "service: gone_llm")

    async def test(rig: AgentsRig) -> None:
        card = rig.page.preset.pipe.cards[ServiceKind.LLM]
        await until(lambda: "not a service of this Pipecat" in card.accessibleName())
        await open_sheet(rig, ServiceKind.LLM)
        assert rig.sheet.sheet is None
        assert not rig.sheet.act.isEnabled()
        assert rig.draft.text == text

    run(qt_loop, desk_of(text), test)


def test_nothing_of_the_sheet_is_rich_text(qt_loop: Loop, tmp_path: Path) -> None:
    evil = "<b>bold</b><img src=x>"
    entry = replace(
        SHEET,
        id="evil",
        label=evil,
        settings=(
            Setting(evil, SettingForm.TEXT, evil, description=evil),
            Setting("pick", SettingForm.CHOICE, None, (evil, "a" * 5000), evil),
            Setting("long", SettingForm.YAML, description="word " * 2000),
        ),
    )

    async def test(rig: AgentsRig) -> None:
        await open_sheet(rig, ServiceKind.LLM)
        rig.sheet.list.chosen.emit(offer(rig, "evil"))
        await rig.settle()
        tips = [each.toolTip() for each in rig.window.findChildren(QWidget)]
        assert not [tip for tip in tips if "<b>" in tip or "<img" in tip]
        assert [line for line in cut_off(rig.window) if "reaches" not in line] == []
        for area in rig.properties.findChildren(QPlainTextEdit):
            assert area.toPlainText() == ""

    run(qt_loop, desk_of(LIBRARY, (*CATALOGUE, entry)), test)
    assert full_desk(tmp_path).entries
