"""A bot file that is in calls: what can be changed there."""

from pathlib import Path

import pytest
from PySide6.QtTest import QTest

from app.domain.errors import UserError
from app.domain.live_changes import LiveSetting
from app.ui.pages.agents_bot_live import WHAT_HOLDS
from tests.support.agents_rig import AgentsRig, Loop, run
from tests.support.desks_agents import full_desk
from tests.support.panel import until


def test_a_call_that_runs_is_changed_setting_by_setting(
    qt_loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.pages.agents_bot_live.LOOK_MS", 20)
    desk = full_desk(tmp_path)
    desk.refused[LiveSetting.VOICE] = UserError("This bot has no voice.", "Change its code.")

    async def test(rig: AgentsRig) -> None:
        live = rig.page.bot.live
        await rig.choose("bot-clinic")
        assert not live.isVisible()
        desk.live["bot-clinic"] = 1
        await until(live.isVisible)
        assert live.says.text() == f"It is in a call now. {WHAT_HOLDS}"
        assert not live.apply.isEnabled()
        await rig.settle()
        QTest.keyClicks(live.model, "gpt-4.1-nano")
        QTest.keyClicks(live.voice, "amy")
        rig.press(live.apply)
        await until(lambda: "Changed in it: model." in live.says.text())

        asked = [each for each in desk.asked if each.startswith("change")]
        assert asked == ["change bot-clinic model=gpt-4.1-nano", "change bot-clinic voice=amy"]
        assert live.fields[LiveSetting.VOICE].error == "This bot has no voice. Change its code."
        assert live.fields[LiveSetting.MODEL].error == ""
        assert rig.failures == []

        desk.refused.clear()
        live.instructions.setPlainText("Be brief.")
        await until(live.apply.isEnabled)
        rig.press(live.apply)
        await until(lambda: "Changed in it: instructions, voice." in live.says.text())
        assert live.fields[LiveSetting.VOICE].error == ""
        await until(lambda: not live.apply.isEnabled())

        await rig.choose("library_desk")
        await rig.choose("bot-clinic")
        assert live.model.text() == "gpt-4.1-nano"
        desk.live.clear()
        await until(lambda: not live.isVisible())
        assert live.model.text() == ""
        desk.live["bot-clinic"] = 3
        await until(live.isVisible)
        assert live.says.text() == f"It is in 3 calls now. {WHAT_HOLDS}"

    run(qt_loop, desk, test)
