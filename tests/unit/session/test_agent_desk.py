"""The presets and bot files of an account, as the page Agents and a start see them."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from app.domain.agent_desk import AgentHealth, AgentView, KeptDraft, content_of
from app.domain.bot_files import BotFile, Isolation
from app.domain.call_plan import CallPlan
from app.domain.errors import UsageError, UserError
from app.domain.facts import BOT_KIND, LOCAL_KIND, PRESET_KIND
from app.domain.keys import (
    KeyCard,
    KeyPlace,
    KeyringState,
    KeyringView,
    KeysView,
    KeyTest,
    Verdict,
)
from app.domain.live_changes import LiveChange, LiveSetting
from app.domain.presets import Preset
from app.domain.providers import provider
from app.session.agent_book import agent_book
from app.session.agent_desk import StudioAgentDesk
from app.storage.call_library import CallLibrary
from app.storage.drafts import Drafts

T = TypeVar("T")
BOT = """\
import os
from helpers import greet

async def bot(runner_args):
    greet(os.getenv("DEEPGRAM_API_KEY"), os.environ["CLINIC_NUMBER"])
"""


@dataclass
class Account:
    """An account in a folder of its own, with keys and cards that a test sets."""

    folder: Path
    keys: dict[str, str] = field(default_factory=dict[str, str])
    cards: tuple[KeyCard, ...] = ()
    plans: list[CallPlan] = field(default_factory=list[CallPlan])
    live: dict[str, int] = field(default_factory=dict[str, int])
    changed: list[tuple[str, LiveChange]] = field(default_factory=list[tuple[str, LiveChange]])
    followed: list[Preset] = field(default_factory=list[Preset])

    def __post_init__(self) -> None:
        self.book = agent_book(self.folder / "agents", self._keys)
        self.library = CallLibrary(self.folder / "calls.db")
        drafts = Drafts(self.folder / "drafts", str)
        self.desk = StudioAgentDesk(
            self.book, drafts, self.library, self._look, self.plans.append, lambda: self
        )

    def agents(self) -> dict[str, AgentView]:
        return {view.id: view for view in done(self.desk.look())}

    def bot(self, text: str = BOT) -> Path:
        folder = self.folder / "clinic"
        folder.mkdir(exist_ok=True)
        (folder / "helpers.py").write_text("def greet(*_): ...\n")
        path = folder / "bot.py"
        path.write_text(text)
        return path

    def listed_bot(self) -> str:
        look = done(self.desk.look_at_bot(self.bot()))
        return done(self.desk.add_bot(look, "Clinic"))

    def running(self, agent_id: str) -> int:
        return self.live.get(agent_id, 0)

    async def follow(self, agent_id: str, preset: Preset) -> tuple[LiveSetting, ...]:
        self.followed.append(preset)
        return (LiveSetting.INSTRUCTIONS, LiveSetting.SILENCE_S)

    async def change(self, agent_id: str, changes: Sequence[LiveChange]) -> tuple[LiveSetting, ...]:
        self.changed += [(agent_id, change) for change in changes]
        return tuple(change.setting for change in changes)

    async def _keys(self) -> dict[str, str]:
        return self.keys

    async def _look(self) -> KeysView:
        return KeysView(KeyringView(KeyringState.READY, "a keyring"), self.cards, ())


def done(coro: Coroutine[object, object, T]) -> T:
    return asyncio.run(coro)


def card(provider_id: str, verdict: Verdict) -> KeyCard:
    test = KeyTest(0.0, verdict, "said")
    return KeyCard(provider(provider_id), KeyPlace.KEYRING, "1234", last_test=test)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def test_lists_what_came_with_greenroom(account: Account) -> None:
    local = next(iter(account.agents().values()))
    assert local.id == "local"
    assert (local.line, local.health, local.shipped) == (
        "On this computer",
        AgentHealth.READY,
        True,
    )


def test_says_which_key_a_preset_lacks_until_it_is_there(account: Account) -> None:
    cloud = account.agents()["cloud"]
    assert (cloud.line, cloud.health) == ("needs a key: Deepgram", AgentHealth.LACKS)
    account.keys = {"DEEPGRAM_API_KEY": "d" * 20, "OPENAI_API_KEY": "o" * 20}
    assert account.agents()["cloud"].line == "needs a key: Cartesia"
    account.keys["CARTESIA_API_KEY"] = "c" * 20
    cloud = account.agents()["cloud"]
    assert cloud.health is AgentHealth.READY
    assert cloud.line == "Deepgram · OpenAI · Cartesia"


def test_says_that_a_key_was_rejected(account: Account) -> None:
    account.keys = dict.fromkeys(
        ("DEEPGRAM_API_KEY", "OPENAI_API_KEY", "CARTESIA_API_KEY"), "k" * 20
    )
    account.cards = (card("openai", Verdict.REJECTED), card("cartesia", Verdict.WORKS))
    cloud = account.agents()["cloud"]
    assert (cloud.line, cloud.health) == ("OpenAI key rejected", AgentHealth.BROKEN)


def test_a_shipped_preset_is_copied_when_it_is_saved_and_a_wrong_text_is_kept(
    account: Account,
) -> None:
    text = done(account.desk.text_of("local"))
    saved = done(account.desk.save("local", text + "surprise: 1\n"))
    assert saved != "local"
    assert done(account.desk.text_of(saved)).endswith("surprise: 1\n")
    assert account.agents()[saved].health is AgentHealth.BROKEN
    assert "unknown key 'surprise'" in account.agents()[saved].line
    assert account.agents()["local"].health is AgentHealth.READY


def test_what_was_removed_is_listed_no_more(account: Account) -> None:
    made = done(account.desk.new_preset("Front desk", "local"))
    assert account.agents()[made].name == "Front desk"
    done(account.desk.remove(made))
    assert made not in account.agents()
    bot = account.listed_bot()
    done(account.desk.remove(bot))
    assert bot not in account.agents()
    assert (account.folder / "clinic/bot.py").is_file()


def test_tells_which_presets_use_a_providers_key(account: Account) -> None:
    assert account.desk.used_by("deepgram") == ()
    account.agents()
    assert account.desk.used_by("deepgram") == ("Cloud services",)


def test_says_before_a_start_what_would_fail(account: Account) -> None:
    lacking = done(account.desk.troubles("cloud"))
    assert {trouble.provider_id for trouble in lacking if trouble.blocking} == {
        "deepgram",
        "openai",
        "cartesia",
    }
    assert done(account.desk.troubles("local")) == ()


def test_what_only_stands_by_does_not_hold_up_a_start(account: Account) -> None:
    text = done(account.desk.text_of("local"))
    path = ("services", "llm", "fallback")
    text = account.desk.changed(text, path, [{"service": "openai_llm"}])
    made = done(account.desk.save("local", text))
    found = done(account.desk.troubles(made))
    assert [(one.provider_id, one.blocking) for one in found] == [("openai", False)]


def test_a_limit_of_cost_needs_prices(account: Account) -> None:
    account.keys = dict.fromkeys(("DEEPGRAM_API_KEY", "OPENAI_API_KEY"), "k" * 20)
    text = account.desk.changed(
        done(account.desk.text_of("cloud")), ("limits",), {"cost_usd": 0.5, "minutes": 20}
    )
    made = done(account.desk.save("cloud", text))
    found = [one.what for one in done(account.desk.troubles(made)) if not one.provider_id]
    assert len(found) == 1, found
    assert found[0].startswith("There is no price for Cartesia")
    own = "prices: [{service: cartesia_tts, characters: 40, as_of: 2026-11-01, source: mine}]"
    (account.folder / "prices.yaml").write_text(own)
    troubles = done(account.desk.troubles(made))
    assert [one.what for one in troubles if not one.provider_id] == []
    start = done(account.book.start_of(made))
    assert start.prices[0].service == "cartesia_tts"
    assert done(account.book.start_of(account.listed_bot())).prices == start.table.prices


def test_a_fallback_of_speech_to_speech_is_no_trouble(account: Account) -> None:
    account.keys = {"OPENAI_API_KEY": "o" * 20}
    path = ("services", "realtime", "fallback")
    text = done(account.desk.text_of("openai-realtime"))
    text = account.desk.changed(text, path, [{"service": "openai_realtime"}])
    assert done(account.desk.troubles(done(account.desk.save("openai-realtime", text)))) == ()


def test_says_which_line_of_a_preset_is_wrong(account: Account) -> None:
    made = done(account.desk.save("local", "name: Broken\nservices: 3\n"))
    (trouble,) = done(account.desk.troubles(made))
    assert "line 2" in trouble.what


def test_a_file_that_is_not_there_is_a_trouble(account: Account) -> None:
    text = account.desk.changed(done(account.desk.text_of("local")), ("tools",), ["lost.py"])
    made = done(account.desk.save("local", text))
    (trouble,) = done(account.desk.troubles(made))
    assert "lost.py" in trouble.what


def test_nothing_measured_is_said_as_such(account: Account) -> None:
    measured = done(account.desk.expected("local"))
    assert (measured.answer_s, measured.cost_usd_per_minute, measured.turns) == (None, None, 0)


def test_a_bot_runs_only_as_somebody_agreed_to_it(account: Account) -> None:
    bot = account.listed_bot()
    assert account.agents()[bot].health is AgentHealth.READY
    helpers = account.folder / "clinic/helpers.py"
    helpers.write_text("import os\ndef greet(*_): ...\n")
    assert account.agents()[bot].health is AgentHealth.LACKS
    with pytest.raises(UserError, match="has changed"):
        done(account.book.start_of(bot))
    done(account.desk.consent(bot, done(account.desk.look_at_bot(helpers.parent)).sha256))
    assert done(account.book.start_of(bot)).kind == BOT_KIND


def test_a_bot_whose_program_is_gone_is_shown_as_broken(account: Account) -> None:
    bot = account.listed_bot()
    (account.folder / "clinic/bot.py").unlink()
    assert account.agents()[bot].health is AgentHealth.BROKEN


def test_an_isolated_bot_gets_the_variables_that_it_names_and_no_others(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_NUMBER", "7")
    account.keys = {"DEEPGRAM_API_KEY": "d" * 20, "OPENAI_API_KEY": "o" * 20}
    bot = account.listed_bot()
    isolated = Isolation.ISOLATED
    done(account.desk.set_bot(bot, isolation=isolated, greets_after_s=None))
    start = done(account.book.start_of(bot))
    assert start.isolated
    assert start.environment == {"DEEPGRAM_API_KEY": "d" * 20, "CLINIC_NUMBER": "7"}
    assert isinstance(start.source, BotFile)
    assert start.source.greets_after_s is None


def test_a_bot_in_the_panels_process_gets_every_key(account: Account) -> None:
    account.keys = {"DEEPGRAM_API_KEY": "d" * 20, "OPENAI_API_KEY": "o" * 20}
    start = done(account.book.start_of(account.listed_bot()))
    assert not start.isolated
    assert start.environment == account.keys


def test_no_key_shows_in_the_repr_of_a_start(account: Account) -> None:
    account.keys = {"DEEPGRAM_API_KEY": "secret-of-the-account"}
    start = done(account.book.start_of(account.listed_bot()))
    assert "secret-of-the-account" not in repr(start)


def test_a_bot_named_by_its_path_needs_no_list(account: Account) -> None:
    for path in (account.bot(), account.bot().parent):
        start = done(account.book.start_of(str(path)))
        assert isinstance(start.source, BotFile)
        assert start.source.path == account.bot()


def test_presets_are_started_with_keys_only_where_they_need_some(account: Account) -> None:
    account.keys = {"DEEPGRAM_API_KEY": "d" * 20}
    local, cloud = (done(account.book.start_of(name)) for name in ("local", "cloud"))
    assert (local.kind, local.environment) == (LOCAL_KIND, {})
    assert (cloud.kind, cloud.environment) == (PRESET_KIND, account.keys)
    assert isinstance(cloud.source, Preset)
    assert cloud.services == cloud.source.described_services


def test_the_presets_of_the_user_are_found_by_name(account: Account) -> None:
    made = done(account.desk.new_preset("Front desk", "local"))
    assert done(account.book.start_of(made)).source.name == "Front desk"


def test_what_nobody_knows_is_said_with_what_there_is(account: Account) -> None:
    with pytest.raises(UsageError, match="lokal") as refused:
        done(account.book.start_of("lokal"))
    assert "local" in str(refused.value)


def test_trying_an_agent_brings_it_to_the_stage(account: Account) -> None:
    done(account.desk.test("local"))
    assert account.plans == [CallPlan(preset="local")]


def test_a_text_is_brought_into_the_live_calls_unsaved(account: Account) -> None:
    account.live["local"] = 2
    assert (account.desk.running("local"), account.desk.running("cloud")) == (2, 0)
    before = done(account.desk.text_of("local"))
    text = account.desk.changed(before, ("instructions",), "Be brief.")
    assert done(account.desk.apply("local", text)) == ("instructions", "silence before answering")
    assert [preset.instructions for preset in account.followed] == ["Be brief."]
    assert done(account.desk.text_of("local")) == before


def test_a_wrong_text_reaches_no_call(account: Account) -> None:
    with pytest.raises(UserError, match="mistake"):
        done(account.desk.apply("local", "name: 3"))
    assert account.followed == []


def test_a_draft_is_kept_forgotten_and_put_aside(account: Account) -> None:
    draft = KeptDraft("name: [", content_of("name: Desk"))
    done(account.desk.keep_draft("desk", draft))
    done(account.desk.keep_draft("other", draft))
    assert done(account.desk.kept_drafts()) == {"desk": draft, "other": draft}
    done(account.desk.keep_draft("other", None))

    path = done(account.desk.put_draft_aside("desk", draft))

    assert path == account.folder / "agents" / "removed" / "desk.yaml"
    assert path.read_text() == "name: ["
    assert done(account.desk.kept_drafts()) == {}


def test_a_change_of_a_bot_goes_into_its_calls_and_comes_back_in_words(account: Account) -> None:
    change = LiveChange(LiveSetting.VOICE, "amy")

    assert done(account.desk.change_bot("clinic", (change,))) == ("voice",)
    assert account.changed == [("clinic", change)]


def test_a_damaged_list_of_bots_stands_in_the_way_of_no_preset(account: Account) -> None:
    listed = account.listed_bot()
    (account.folder / "agents" / "bots.json").write_text("{")

    assert done(account.book.start_of("local")).kind == LOCAL_KIND
    assert done(account.book.start_of(str(account.bot()))).kind == BOT_KIND
    assert done(account.desk.new_preset("Mine", "local")) == "mine"
    text = done(account.desk.text_of("local"))
    assert done(account.desk.save("local", text)).startswith("local-")
    assert done(account.desk.troubles("mine")) == ()
    # Nobody has heard of the damage yet: whoever asks for the bots does.
    with pytest.raises(UserError, match="damaged"):
        done(account.book.start_of(listed))
    assert listed not in account.agents()
    with pytest.raises(UsageError, match="no preset called"):
        done(account.book.start_of(listed))
