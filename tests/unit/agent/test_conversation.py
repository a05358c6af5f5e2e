from dataclasses import replace

from app.agent.conversation import examples, opening
from app.agent.preset_file import find_preset, load_preset
from app.domain.presets import Example


def test_a_conversation_opens_with_the_prompt_and_the_examples_as_exchanges():
    preset = replace(
        load_preset(find_preset("local")),
        instructions="Be brief.",
        facts=("We open at nine.",),
        examples=(Example(user="Hi.", assistant="Hello."),),
    )

    assert examples(preset) == [
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "Hello."},
    ]
    assert opening(preset) == [
        {"role": "system", "content": "Be brief. Facts: We open at nine."},
        *examples(preset),
    ]
