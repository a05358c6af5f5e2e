"""From the first page to the Stage and back: starting, cancelling, failing, ending, again."""

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.domain.errors import MissingRequirementError, UserError
from app.domain.facts import (
    AgentState,
    AgentStateChanged,
    CallClosed,
    ServerDied,
    ServerRestarted,
    StepProgressed,
)
from app.ui.call_acts import Phase
from app.ui.toasts import Level
from tests.support.panel import PanelRig, run_panel, until
from tests.support.sample_call import NOW

Loop = asyncio.AbstractEventLoop


def click(rig: PanelRig) -> None:
    QTest.mouseClick(rig.window.first_run.card.button, Qt.MouseButton.LeftButton)


def test_one_button_leads_to_the_stage(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        first = rig.window.first_run
        assert rig.window.pages.currentWidget() is first
        assert first.card.button.text() == "Talk to the local agent"
        rig.desk.start_gate.clear()

        click(rig)
        await until(lambda: rig.desk.asked)
        rig.desk.post(
            StepProgressed(at=1, step="server", label="Server", detail="ready, 0.4 s", took_s=0.4),
            StepProgressed(
                at=1, step="llm", label="Language model", detail="loading", fraction=0.6
            ),
        )
        await until(lambda: "done" in first.card.steps.item_text(0))
        assert first.card.button.text() == "Cancel"
        assert first.card.steps.isVisible()
        assert [first.card.steps.item_text(i) for i in range(first.card.steps.item_count())] == [
            "Server, done, ready, 0.4 s",
            "Speech recognition, waiting",
            "Language model, 60%, loading",
            "Voice, waiting",
            "Join the room, waiting",
        ]

        rig.desk.start_gate.set()
        await until(lambda: rig.window.acts.phase is Phase.IN_CALL)
        assert rig.window.pages.currentWidget() is rig.stage
        assert rig.desk.asked == ["start local"]
        assert rig.desk.room.talking == [True]

    run_panel(qt_loop, tmp_path, test)


def test_a_start_can_be_cancelled(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        rig.desk.start_gate.clear()
        rig.desk.end_gate.clear()
        click(rig)
        await until(lambda: rig.desk.asked == ["start local"])

        click(rig)
        await until(lambda: rig.desk.asked == ["start local", "end"])
        rig.desk.end_gate.set()

        await until(lambda: rig.window.acts.phase is Phase.IDLE)
        assert rig.window.pages.currentWidget() is rig.window.first_run
        assert rig.window.first_run.card.button.text() == "Talk to the local agent"
        assert rig.window.toasts.shown == []

        click(rig)
        await until(lambda: rig.window.acts.phase is Phase.IN_CALL)

    run_panel(qt_loop, tmp_path, test)


def test_a_start_that_fails_says_why_and_can_be_tried_again(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        first = rig.window.first_run
        rig.desk.start_error = UserError("livekit-server did not start.", "Port 7880 is in use.")

        click(rig)

        await until(lambda: first.card.button.text() == "Try again")
        assert first.card.error_title.text() == "livekit-server did not start."
        assert first.card.error_hint.text() == "Port 7880 is in use."
        assert first.card.error_title.isVisible()
        assert not first.card.steps.isVisible()
        rig.desk.start_error = None
        click(rig)
        await until(lambda: rig.window.acts.phase is Phase.IN_CALL)

    run_panel(qt_loop, tmp_path, test)


def test_a_fault_nobody_expected_is_a_toast_and_the_page_lives(
    qt_loop: Loop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(rig: PanelRig) -> None:
        rig.desk.start_error = ValueError("a defect")

        click(rig)

        await until(lambda: rig.window.toasts.shown)
        assert rig.window.toasts.shown[0].title == "Could not start the call"
        assert rig.window.acts.phase is Phase.IDLE
        assert rig.window.first_run.card.button.isEnabled()

    run_panel(qt_loop, tmp_path, test)
    assert "a defect" in caplog.text


def test_pressing_start_before_the_desk_is_there_waits_for_it(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test() -> None:
        rig = PanelRig(tmp_path)
        rig.window.show()
        rig.pump.start()
        await until(lambda: rig.window.stage is not None)
        click(rig)
        assert rig.window.acts.phase is Phase.STARTING

        rig.window.give_desk(rig.desk)

        await until(lambda: rig.window.acts.phase is Phase.IN_CALL)
        await rig.close()

    qt_loop.run_until_complete(test())


def test_ending_keeps_what_was_said_and_offers_another_call(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call(sample=True)
        await rig.settle()
        bar = rig.stage.bar
        rig.desk.end_gate.clear()

        QTest.mouseClick(bar.end, Qt.MouseButton.LeftButton)
        await until(lambda: "end" in rig.desk.asked)
        assert (bar.end.text(), bar.end.isEnabled()) == ("Ending…", False)
        rig.desk.end_gate.set()

        await until(lambda: rig.window.acts.phase is Phase.ENDED)
        await rig.settle()
        assert bar.state.state.word == "Ended"
        assert "You ended the call." in bar.state.state.detail
        assert bar.again.isVisible()
        assert not bar.end.isVisible()
        assert not bar.flag.isVisible()
        assert not rig.stage.compose.field.isEnabled()
        assert rig.feed.call.turns
        assert not rig.window.talk.possible

        QTest.mouseClick(bar.again, Qt.MouseButton.LeftButton)
        await until(lambda: rig.window.acts.phase is Phase.IN_CALL)
        await until(lambda: bar.end.isVisible())
        assert rig.desk.asked == ["start local", "end", "start local"]
        assert bar.end.isEnabled()

    run_panel(qt_loop, tmp_path, test)


def test_an_end_that_fails_is_told_and_can_be_asked_for_again(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        await rig.settle()
        rig.desk.end_error = UserError("The agent does not leave.", "Try once more.")

        QTest.mouseClick(rig.stage.bar.end, Qt.MouseButton.LeftButton)

        await until(lambda: rig.window.toasts.shown)
        assert rig.window.toasts.shown[0].title == "The agent does not leave."
        assert rig.window.acts.phase is Phase.IN_CALL
        assert rig.stage.bar.end.isEnabled()
        rig.desk.end_error = None

    run_panel(qt_loop, tmp_path, test)


def test_a_call_that_ends_by_itself_lets_go_of_the_devices(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()
        assert rig.window.talk.possible

        rig.desk.post(CallClosed(at=NOW, reason="The server is gone."))

        await until(lambda: rig.window.acts.phase is Phase.ENDED)
        assert not rig.window.talk.possible
        await rig.settle()
        assert "The server is gone." in rig.stage.bar.state.state.detail

    run_panel(qt_loop, tmp_path, test)


def test_a_server_that_dies_in_mid_call_is_said_until_it_is_back(
    qt_loop: Loop, tmp_path: Path
) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call(sample=True)
        health = rig.stage.bar.health

        rig.desk.post(ServerDied(at=NOW, reason="killed"))
        await until(lambda: health.text() == "Server restarting")
        await rig.settle()
        assert rig.stage.bar.state.state.word == "Reconnecting"
        assert rig.stage.compose.field.isEnabled()

        rig.desk.post(ServerRestarted(at=NOW + 1, after_ms=900.0))
        await until(lambda: health.text() != "Server restarting")
        assert health.accessibleName() == f"Health: {health.text()}"

    run_panel(qt_loop, tmp_path, test)


def test_an_agent_that_fails_is_said(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        await rig.enter_call()

        rig.desk.post(AgentStateChanged(at=NOW, state=AgentState.FAILED, why="out of memory"))

        await until(lambda: rig.stage.bar.health.text() == "Agent failed")
        assert "failed" in rig.stage.side.agents.item_text(0)

    run_panel(qt_loop, tmp_path, test)


def test_closing_hangs_up_first(qt_loop: Loop, tmp_path: Path) -> None:
    async def test() -> None:
        rig = PanelRig(tmp_path)
        await rig.open()
        await rig.enter_call()
        rig.window.close()
        rig.window.close()
        assert rig.closings == 2
        assert rig.window.isVisible()
        rig.desk.end_gate.clear()

        hanging_up = asyncio.get_running_loop().create_task(rig.window.hang_up())
        await until(lambda: "end" in rig.desk.asked)
        await rig.settle()
        assert rig.window.veil.isVisible()
        assert rig.window.veil.accessibleName() == "Hanging up…"
        rig.desk.end_gate.set()
        await hanging_up

        rig.gone()
        assert rig.feed.call.closed_at is not None

    qt_loop.run_until_complete(test())


def test_closing_during_a_start_cancels_it(qt_loop: Loop, tmp_path: Path) -> None:
    async def test() -> None:
        rig = PanelRig(tmp_path)
        await rig.open()
        rig.desk.start_gate.clear()
        click(rig)
        await until(lambda: rig.desk.asked == ["start local"])

        await rig.window.hang_up()
        rig.window.start_call()

        assert rig.desk.asked == ["start local", "end"]
        rig.gone()

    qt_loop.run_until_complete(test())


def test_a_missing_server_is_said_with_what_to_do(qt_loop: Loop, tmp_path: Path) -> None:
    async def test() -> None:
        rig = PanelRig(tmp_path)
        rig.desk.server_error = MissingRequirementError(
            "livekit-server is missing.", "Run packaging/run.py."
        )
        rig.window.show()
        await until(lambda: rig.window.stage is not None)
        rig.window.give_desk(rig.desk)
        lights = rig.window.first_run.lights

        await until(lambda: lights.server.words == "livekit-server is missing.")

        assert lights.hint.isVisible()
        assert "Run packaging/run.py." in lights.hint.text()
        assert rig.window.toasts.shown == []
        await rig.close()

    qt_loop.run_until_complete(test())


def test_refused_facts_are_told(qt_loop: Loop, tmp_path: Path) -> None:
    async def test(rig: PanelRig) -> None:
        rig.pump.dropped.emit(12)

        (toast,) = rig.window.toasts.shown
        assert (toast.level, toast.title) == (Level.WARNING, "12 events are not shown")

    run_panel(qt_loop, tmp_path, test)
