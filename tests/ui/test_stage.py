"""The Stage: what it says of a call, and what its controls do."""

import asyncio
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.domain.facts import (
    PRESET_KIND,
    WATCHED_KIND,
    AudioDeviceChanged,
    CallOpened,
    ConnectionChanged,
    ErrorRaised,
    LatencyReported,
    PricesNoted,
    RecordingStopped,
    ServiceUsed,
)
from app.domain.prices import Price
from app.ui.audio.devices import Search
from app.ui.labels import Tone
from app.ui.pages.health import alerts_text, health_of
from app.ui.tokens import DOCK_SHUT_HEIGHT, Token
from tests.support.panel import BUILT_IN, HEADSET, PanelRig, run_panel, until
from tests.support.sample_call import NOW, OPENED_AT, opening, sample_call

Loop = asyncio.AbstractEventLoop


def test_the_bar_says_which_call_it_is_and_how_it_goes(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call(sample=True)
        await rig.settle()
        bar = rig.stage.bar

        assert bar.title.accessibleName() == "library-demo, This computer · Local agent"
        assert bar.elapsed.accessibleName() == "elapsed: 0:46"
        assert bar.answer.accessibleName() == "typical answer, n = 3: 1.16 s"
        assert bar.state.state.word == "Thinking"

    run_panel(qt_loop, tmp_path, test)


def test_the_cost_is_an_estimate_that_goes_up_with_what_is_used(
    qt_loop: Loop, tmp_path: Path
) -> None:
    price = Price(service="some_tts", as_of="2026-11-05", source="", characters=50.0)
    opened = next(fact for fact in opening() if isinstance(fact, CallOpened))

    def spoke(service: str) -> ServiceUsed:
        return ServiceUsed(at=NOW, kind="tts", processor=service, model=None, characters=400)

    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        rig.desk.post(replace(opened, agent_kind=PRESET_KIND), PricesNoted(at=NOW, prices=(price,)))
        await rig.settle()
        cost = rig.stage.bar.cost
        assert cost.accessibleName() == "cost not known: –"
        rig.desk.post(spoke("SomeTTSService#0"))
        await rig.settle()
        assert cost.accessibleName() == "estimate so far: $0.02"
        assert "2026-11-05" in cost.toolTip()
        rig.desk.post(spoke("OtherTTSService#0"))
        await rig.settle()
        assert cost.accessibleName() == "at least, estimate: $0.02"

    run_panel(qt_loop, tmp_path, test)


def test_nothing_is_claimed_before_it_was_measured(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        await rig.settle()

        assert rig.stage.bar.answer.accessibleName() == "typical answer: –"
        assert rig.stage.bar.health.text() == "All healthy"

    run_panel(qt_loop, tmp_path, test)


def test_health_names_the_worst_first() -> None:
    call = sample_call()
    assert health_of(call) == ("1 thing to look at", Tone.WARN)
    assert "turn 3" in alerts_text(call)

    error = ErrorRaised(at=NOW, message="no key", category="auth", processor="LLM", usable=False)
    call.apply([error])
    assert health_of(call) == ("1 problem", Tone.BAD)

    call.apply([ConnectionChanged(at=NOW, identity="ear", state="reconnecting")])
    assert health_of(call) == ("Reconnecting", Tone.BAD)
    call.apply([ConnectionChanged(at=NOW, identity="you", state="lost")])
    assert health_of(call) == ("Connection lost", Tone.BAD)


def test_a_caller_who_waits_long_is_said(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call(sample=True)
        calls = rig.stage.side.calls
        await until(lambda: calls.item_text(0) == "library-demo, 0:46")

        rig.clock.at = OPENED_AT + 45.6 + 2.4
        await until(
            lambda: calls.item_text(0) == "library-demo, 0:48, Caller waiting 2.4 s on the LLM"
        )

        rig.desk.post(
            LatencyReported(
                at=rig.clock.at, total_ms=2400, caller_stopped_at=OPENED_AT + 45.6, stages=()
            )
        )
        assert rig.stage.side.agents.item_text(0) == "Local agent, in call"

    run_panel(qt_loop, tmp_path, test)


def test_the_mixer_mutes_and_chooses_devices(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        mixer = rig.stage.mixer
        assert mixer.devices.microphone.currentText() == BUILT_IN.name

        mixer.devices.microphone.setFocus()
        await rig.press(Qt.Key.Key_Down)
        assert rig.audio.microphone == HEADSET
        assert rig.memory.microphone_id == HEADSET.id

        QTest.mouseClick(mixer.mute_agent, Qt.MouseButton.LeftButton)
        assert rig.audio.speaker_muted
        QTest.mouseClick(mixer.mute_you, Qt.MouseButton.LeftButton)
        assert rig.desk.room.talking[-1] is False
        assert mixer.mute_you.isChecked()
        assert rig.stage.compose.switch.text() == "Mic muted"
        QTest.mouseClick(rig.stage.compose.switch, Qt.MouseButton.LeftButton)
        assert rig.desk.room.talking[-1] is True
        assert not mixer.mute_you.isChecked()

    run_panel(qt_loop, tmp_path, test)


def test_an_agent_that_is_only_watched_cannot_be_typed_to(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        opened, *rest = opening()
        assert isinstance(opened, CallOpened)
        rig.desk.facts_of_start = [replace(opened, agent_kind=WATCHED_KIND), *rest]
        rig.desk.with_operator = False
        await rig.enter_call()

        compose = rig.stage.compose
        assert not compose.field.isEnabled()
        assert compose.field.placeholderText() == "You are listening"
        assert not compose.hold.isVisible()

    run_panel(qt_loop, tmp_path, test)


def test_without_a_microphone_one_types(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()

        rig.audio.plug([], [])

        compose, mixer = rig.stage.compose, rig.stage.mixer
        assert compose.field.placeholderText() == "Type as the caller: there is no microphone"
        assert (compose.switch.text(), compose.switch.isEnabled()) == ("No microphone", False)
        assert not compose.hold.isVisible()
        assert not mixer.mute_you.isEnabled()
        assert not mixer.mute_agent.isEnabled()
        assert mixer.devices.microphone.currentText() == "No microphone"
        assert not mixer.devices.microphone.isEnabled()
        assert compose.field.isEnabled()

        rig.audio.plug([HEADSET], [BUILT_IN])
        assert mixer.devices.microphone.currentText() == HEADSET.name
        assert compose.switch.isEnabled()

    run_panel(qt_loop, tmp_path, test)


def test_a_device_that_changes_by_itself_is_told(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        rig.audio.switched.emit(
            AudioDeviceChanged(
                at=1, kind="microphone", name="Built-in Audio", why="Headset was unplugged"
            )
        )
        rig.audio.switched.emit(
            AudioDeviceChanged(at=1, kind="speaker", name="none", why="HDMI was unplugged")
        )

        first, second = rig.window.toasts.shown
        assert (first.title, first.hint) == (
            "The microphone is now Built-in Audio",
            "Headset was unplugged.",
        )
        assert (second.title, second.hint) == ("There is no speaker now", "HDMI was unplugged.")

    run_panel(qt_loop, tmp_path, test)


def test_a_device_that_changes_in_a_call_is_an_event_of_it(qt_loop: Loop, tmp_path: Path) -> None:
    changed = AudioDeviceChanged(at=NOW, kind="microphone", name="Built-in", why="gone")

    async def test(rig: PanelRig) -> None:
        rig.audio.switched.emit(changed)
        await rig.enter_call()
        await rig.settle()
        assert changed not in rig.feed.call.events

        rig.audio.switched.emit(changed)
        await until(lambda: changed in rig.feed.call.events)

    run_panel(qt_loop, tmp_path, test)


def test_the_dock_is_dragged_shut_and_open_again(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call(sample=True)
        splitter = rig.stage.splitter
        handle = splitter.handle(1)
        await rig.settle()

        def drag(by: int) -> None:
            start = handle.rect().center()
            left = Qt.MouseButton.LeftButton
            QTest.mousePress(handle, left, Qt.KeyboardModifier.NoModifier, start)
            QTest.mouseMove(handle, start + QPoint(0, by))
            QTest.mouseRelease(handle, left, Qt.KeyboardModifier.NoModifier, start)

        drag(200)
        await rig.settle()
        assert not splitter.is_open
        assert rig.stage.dock.height() == DOCK_SHUT_HEIGHT
        assert not rig.stage.waterfall.isVisible()

        drag(-250)
        await rig.settle()
        assert splitter.is_open
        assert rig.stage.waterfall.isVisible()
        assert splitter.open_height == rig.stage.dock.height() > 200

    run_panel(qt_loop, tmp_path, test)


def test_the_lights_follow_the_devices(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        lights = rig.window.first_run.lights
        assert lights.microphone.words == "Microphone: Built-in Audio"
        assert lights.speaker.words == "Speaker: Built-in Audio"
        assert not lights.hint.isVisible()

        rig.audio.plug([], [BUILT_IN])
        assert lights.microphone.words == "No microphone"
        assert lights.hint.text() == "Without a microphone you can type as the caller."
        assert not lights.level.isVisible()

    run_panel(qt_loop, tmp_path, test)


def test_the_level_moves_with_the_microphone(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        level = rig.window.first_run.lights.level
        rig.pump.stop()
        inks = {-30.0: Token.OK, -15.0: Token.WARN, -3.0: Token.BAD}

        for peak_dbfs, ink in inks.items():
            level.read(NOW, peak_dbfs)
            assert level.share == (60.0 + peak_dbfs) / 60.0
            assert level.ink is ink
        level.read(NOW + 60.0, None)
        assert level.share == 0.0
        rig.pump.start()

    run_panel(qt_loop, tmp_path, test)


def test_where_nobody_sits_no_device_is_offered(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        rig.audio.search = Search.UNWANTED
        rig.audio.changed.emit()
        await rig.enter_call(sample=True)
        await rig.settle()
        mixer, compose = rig.stage.mixer, rig.stage.compose

        assert not mixer.devices.isVisible()
        assert not mixer.mute_you.isVisible()
        assert not compose.switch.isVisible()
        assert compose.field.placeholderText() == "Type as the caller"

    run_panel(qt_loop, tmp_path, test)


def test_a_recording_that_stops_is_told_and_the_call_goes_on(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call(sample=True)

        rig.desk.post(RecordingStopped(at=NOW, reason="the disk is full"))
        await rig.settle()

        assert [toast.title for toast in rig.window.toasts.shown] == ["The recording stopped"]
        assert rig.feed.call.live

    run_panel(qt_loop, tmp_path, test)
