from app.domain.stages import KINDS, StageHue, StageKind, stage_kind


def test_known_stages_have_their_name_and_colour():
    assert stage_kind("llm_inference", "LLM inference") == StageKind("LLM", StageHue.LLM)


def test_an_unknown_stage_keeps_its_label():
    assert stage_kind("telepathy", "mind reading").label == "Mind reading"
    assert stage_kind("mind_reading").label == "Mind reading"


def test_every_colour_but_the_network_s_has_a_stage():
    assert {kind.hue for kind in KINDS.values()} == set(StageHue) - {StageHue.NET}
