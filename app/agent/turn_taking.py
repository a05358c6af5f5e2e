"""How a preset takes turns, in Pipecat's terms."""

from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.audio.turn.smart_turn.base_smart_turn import SmartTurnParams
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregatorParams
from pipecat.turns.empty_user_turn import EmptyUserTurnConfig
from pipecat.turns.user_mute import (
    AlwaysUserMuteStrategy,
    BaseUserMuteStrategy,
    FirstSpeechUserMuteStrategy,
    FunctionCallUserMuteStrategy,
    MuteUntilFirstBotCompleteUserMuteStrategy,
)
from pipecat.turns.user_start import (
    BaseUserTurnStartStrategy,
    MinWordsUserTurnStartStrategy,
    TranscriptionUserTurnStartStrategy,
    VADUserTurnStartStrategy,
)
from pipecat.turns.user_stop import (
    BaseUserTurnStopStrategy,
    SpeechTimeoutUserTurnStopStrategy,
    TurnAnalyzerUserTurnStopStrategy,
)
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from app.agent.eager_turn import EagerTurnAnalyzer
from app.domain.presets import MuteRule, Preset, TurnTaking, Vad

ASK_AGAIN = "Ask me to say that again."
"""What the model is told when it was cut off by something that nobody could understand."""
_MUTES: dict[MuteRule, type[BaseUserMuteStrategy]] = {
    MuteRule.FIRST_SPEECH: FirstSpeechUserMuteStrategy,
    MuteRule.UNTIL_FIRST_SPEECH: MuteUntilFirstBotCompleteUserMuteStrategy,
    MuteRule.AGENT_SPEECH: AlwaysUserMuteStrategy,
    MuteRule.FUNCTION_CALLS: FunctionCallUserMuteStrategy,
}


def listening(preset: Preset) -> LLMUserAggregatorParams:
    """How a cascade hears when the caller begins and has finished. Blocks for 0.2 s."""
    taking = preset.turn_taking
    return LLMUserAggregatorParams(
        vad_analyzer=_vad_analyzer(taking.vad),
        user_turn_strategies=UserTurnStrategies(start=_starts(taking), stop=[_stop(taking)]),
        user_mute_strategies=_mutes(taking),
        user_idle_timeout=_idle_s(preset),
        empty_user_turn=EmptyUserTurnConfig(interrupted_prompt=ASK_AGAIN),
    )


def listening_beside(preset: Preset) -> LLMUserAggregatorParams:
    """The same for a service that takes turns by itself: the VAD is there to measure with."""
    taking = preset.turn_taking
    return LLMUserAggregatorParams(
        vad_analyzer=_vad_analyzer(taking.vad),
        user_mute_strategies=_mutes(taking),
        user_idle_timeout=_idle_s(preset),
    )


def vad_params(vad: Vad) -> VADParams:
    """The settings as Pipecat's."""
    return VADParams(
        confidence=vad.confidence,
        start_secs=vad.start_secs,
        stop_secs=vad.stop_secs,
        min_volume=vad.min_volume,
    )


def _vad_analyzer(vad: Vad) -> SileroVADAnalyzer:
    return SileroVADAnalyzer(params=vad_params(vad))


def _idle_s(preset: Preset) -> float:
    return 0.0 if preset.idle is None else preset.idle.after_s


def _mutes(taking: TurnTaking) -> list[BaseUserMuteStrategy]:
    return [_MUTES[rule]() for rule in taking.mute]


def _starts(taking: TurnTaking) -> list[BaseUserTurnStartStrategy]:
    allowed = taking.interruptions
    if taking.interrupt_after_words > 0:
        words = taking.interrupt_after_words
        return [MinWordsUserTurnStartStrategy(min_words=words, enable_interruptions=allowed)]
    return [
        VADUserTurnStartStrategy(enable_interruptions=allowed),
        TranscriptionUserTurnStartStrategy(enable_interruptions=allowed),
    ]


def _stop(taking: TurnTaking) -> BaseUserTurnStopStrategy:
    if taking.smart_turn is None:
        return SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)
    params = SmartTurnParams(stop_secs=taking.smart_turn.stop_secs)
    analyzer: BaseTurnAnalyzer = LocalSmartTurnAnalyzerV3(params=params)
    if taking.smart_turn.speculative:
        ahead = LocalSmartTurnAnalyzerV3(params=params)
        analyzer = EagerTurnAnalyzer(analyzer, ahead, taking.vad.stop_secs)
    return TurnAnalyzerUserTurnStopStrategy(turn_analyzer=analyzer)
