"""Every fact has a sentence."""

import pytest

from app.domain import facts as f
from app.domain.event_text import event_text
from app.domain.facts import AgentState, Edge, Fact, Lane, OwnerKind, Role, Stage, Tap

VOICE = Stage(
    key="speech_synthesis",
    label="Speech synthesis",
    owner="Piper#0",
    owner_kind=OwnerKind.SERVICE,
    start_ms=600,
    duration_ms=564,
)
SENTENCES: list[tuple[Fact, str]] = [
    (
        f.CallOpened(
            at=0, call_id="1", room="demo", server="This computer", agent_name="Joe", agent_kind="p"
        ),
        "Call opened in room demo on This computer, with Joe",
    ),
    (f.CallClosed(at=0, reason="you ended it"), "Call ended: you ended it"),
    (f.CallClosed(at=0, reason=""), "Call ended"),
    (f.PricesNoted(at=0, prices=()), "0 prices were noted"),
    (f.LimitReached(at=0, why="The call has cost $1.00."), "The call has cost $1.00."),
    (
        f.StepProgressed(at=0, step="llm", label="Language model", detail="SmolLM2", took_s=0.62),
        "Language model: done after 0.6 s: SmolLM2",
    ),
    (
        f.StepProgressed(at=0, step="llm", label="Language model", detail="loading", fraction=0.6),
        "Language model: 60 % loading",
    ),
    (f.StepProgressed(at=0, step="llm", label="Language model"), "Language model: running"),
    (
        f.ListeningStarted(at=0, identity="ear", who="Ada", how="hidden"),
        "Ada began to listen in: hidden",
    ),
    (
        f.ParticipantJoined(at=0, identity="c", name="Ada", role=Role.CALLER),
        "Ada joined as caller",
    ),
    (f.ParticipantJoined(at=0, identity="c", name="", role=Role.AGENT), "c joined as agent"),
    (f.ParticipantLeft(at=0, identity="c", reason="left"), "c left: left"),
    (f.ConnectionChanged(at=0, identity="ear", state="lost"), "Connection of ear: lost"),
    (f.ServerDied(at=0, reason="signal 9"), "The server stopped: signal 9"),
    (f.ServerRestarted(at=0, after_ms=340), "The server is back after 0.34 s"),
    (
        f.AgentStateChanged(at=0, state=AgentState.FAILED, why="no voice"),
        "The agent failed: no voice",
    ),
    (f.AgentStateChanged(at=0, state=AgentState.SPEAKING), "The agent is speaking"),
    (
        f.StageEntered(at=0, key="llm_inference", owner="LLM#0"),
        "The caller now waits on llm inference (LLM#0)",
    ),
    (
        f.LatencyReported(at=0, total_ms=1164, caller_stopped_at=1.0, stages=(VOICE,)),
        "Answer began after 1.16 s, 0.56 s of it on Speech synthesis",
    ),
    (
        f.LatencyReported(at=0, total_ms=900, caller_stopped_at=None, stages=()),
        "Greeting began after 0.90 s",
    ),
    (
        f.ServiceTimed(at=0, kind="ttfb", processor="STT#0", model="tiny.en", duration_ms=168),
        "STT#0 (tiny.en): 0.17 s to the first byte",
    ),
    (
        f.ServiceTimed(at=0, kind="other", processor="STT#0", model=None, duration_ms=168),
        "STT#0: 0.17 s other",
    ),
    (
        f.ServiceUsed(
            at=0,
            kind="llm",
            processor="LLM#0",
            model=None,
            audio_s=1.25,
            characters=4,
            prompt_tokens=200,
            completion_tokens=0,
        ),
        "LLM#0 used 1.2 s of audio, 4 characters, 200 prompt tokens, 0 completion tokens",
    ),
    (
        f.ServiceUsed(at=0, kind="llm", processor="LLM#0", model=None),
        "LLM#0 used nothing that is counted",
    ),
    (
        f.ToolCalled(at=0, kind="timed_out", name="search", tool_call_id="1", error="10 s"),
        "Tool search: timed out: 10 s",
    ),
    (
        f.ServiceSwitched(
            at=0,
            part="llm",
            from_service="OpenAI",
            to_service="Groq",
            cause="too many requests (429)",
        ),
        "Thinking: Groq took over from OpenAI: too many requests (429)",
    ),
    (
        f.ServiceSwitched(
            at=0, part="tts", from_service="Cartesia", to_service="", cause="nothing came"
        ),
        "Voice: Cartesia failed and nobody is left: nothing came",
    ),
    (
        f.SettingChanged(at=0, name="voice", before="joe", after=""),
        "You changed voice from joe to nothing",
    ),
    (
        f.TroubleFound(at=0, what="LLM#0 has no model.", remedy="Set OPENAI_MODEL."),
        "LLM#0 has no model. Set OPENAI_MODEL.",
    ),
    (
        f.AppMessageSent(at=0, kind="server-message", text='{"mood": "good"}'),
        'The agent sent server message: {"mood": "good"}',
    ),
    (
        f.LoopBlocked(
            at=0, blocked_ms=1300, stack="bot.py:3 in bot: run()\nbot.py:9 in run: wait()"
        ),
        "The agent’s own code has blocked its loop for 1.30 s: bot.py:9 in run: wait()",
    ),
    (
        f.LoopBlocked(at=0, blocked_ms=4200, over=True),
        "The agent’s loop runs again after 4.20 s",
    ),
    (
        f.LoopBlocked(at=0, blocked_ms=4000, stack="bot.py:9 in run", whole=True),
        "The bot’s process has not answered for 4.00 s: bot.py:9 in run",
    ),
    (
        f.LoopBlocked(at=0, blocked_ms=9000, over=True, whole=True),
        "The bot’s process answers again after 9.00 s",
    ),
    (
        f.ErrorRaised(at=0, message="no route", category="network", processor="LLM#0", usable=True),
        "LLM#0 failed (network): no route",
    ),
    (
        f.ErrorRaised(at=0, message="401", category="auth", processor="LLM#0", usable=False),
        "LLM#0 failed (auth): 401. It has given up for this call",
    ),
    (
        f.StartupTimed(at=0, total_ms=1200, parts=(("STT#0", 800.0), ("LLM#0", 100.0))),
        "The pipeline started within 1.20 s, 0.80 s of it for STT#0",
    ),
    (f.StartupTimed(at=0, total_ms=1200, parts=()), "The pipeline started within 1.20 s"),
    (f.PipelineLagged(at=0, lag_ms=12), "A heartbeat took 0.01 s through the pipeline"),
    (f.CallerTurnStarted(at=0), "The caller began to speak"),
    (f.CallerTurnStopped(at=0), "The caller stopped"),
    (f.CallerSaid(at=0, text="How", final=False), "Caller said so far: How"),
    (f.CallerSaid(at=0, text="How?", final=True, typed=True), "Caller typed: How?"),
    (f.AgentSpeechStarted(at=0), "The agent began to speak"),
    (f.AgentSpeechStopped(at=0), "The agent stopped"),
    (f.AgentSaid(at=0, text="So", final=True, interrupted=True), "Agent said, cut off: So"),
    (f.AgentInterrupted(at=0), "The caller cut the agent off"),
    (
        f.SpeechEdge(at=0, tap=Tap.LISTENER, lane=Lane.AGENT, edge=Edge.ONSET, uncertain=True),
        "Agent began to speak, at the listener’s ear, uncertain",
    ),
    (
        f.SpeechEdge(at=0, tap=Tap.AGENT, lane=Lane.CALLER, edge=Edge.OFFSET),
        "Caller stopped, in the agent’s audio",
    ),
    (
        f.LevelMeasured(at=0, lane=Lane.OPERATOR, peak_dbfs=-12.04, rms_dbfs=-30),
        "You: peak -12.0 dBFS, RMS -30.0 dBFS",
    ),
    (
        f.LaneSummarised(at=0, lane=Lane.EAR, peak_dbfs=None, rms_dbfs=None),
        "Whole call: Agent’s ear: nothing heard",
    ),
    (f.RecordingStarted(at=0, path="call.wav"), "Recording to call.wav"),
    (f.RecordingStopped(at=0, reason="the disk is full"), "Recording stopped: the disk is full"),
    (
        f.AudioDeviceChanged(at=0, kind="microphone", name="USB", why="the other was pulled out"),
        "Your microphone is now USB: the other was pulled out",
    ),
    (f.AudioDeviceChanged(at=0, kind="speaker", name="", why=""), "Your speaker is now none"),
    (f.Flagged(at=0, note="slow"), "Flag: slow"),
    (f.Flagged(at=0, note=""), "Flag"),
]


@pytest.mark.parametrize(
    ("fact", "sentence"), SENTENCES, ids=[type(fact).__name__ for fact, _ in SENTENCES]
)
def test_says_what_happened(fact: Fact, sentence: str) -> None:
    assert event_text(fact) == sentence


def test_no_kind_of_fact_is_without_a_sentence() -> None:
    told = {type(fact) for fact, _ in SENTENCES}

    kinds = {kind for kind in vars(f).values() if isinstance(kind, type) and issubclass(kind, Fact)}
    assert told == kinds - {Fact}


def test_a_fact_without_a_sentence_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="no sentence for Fact"):
        event_text(Fact(at=0))
