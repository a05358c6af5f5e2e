"""What a speech-to-speech service is told of a conversation that it takes over."""

from pipecat.processors.aggregators.llm_context import LLMContext

from app.agent.recall import CHARACTERS_AT_MOST, CUT_OFF, EXAMPLES, SO_FAR, Recall, news_in


def test_nothing_is_added_where_nothing_was_said() -> None:
    assert Recall(LLMContext()).added_to("Be brief.") == "Be brief."
    assert Recall(LLMContext()).added_to("") == ""


def test_what_was_answered_is_told_and_what_was_not_is_left_to_be_heard() -> None:
    context = LLMContext()
    recall = Recall(context)
    context.add_message({"role": "user", "content": "When do you close?"})
    context.add_message({"role": "assistant", "content": "At five."})
    context.add_message({"role": "user", "content": "And on Sunday?"})

    told = recall.added_to("Be brief.")

    assert told == f"Be brief.\n\n{SO_FAR}\nCaller: When do you close?\nYou: At five."
    assert recall.answered().messages == context.messages[:2]


def test_examples_are_told_as_such() -> None:
    examples = LLMContext([{"role": "user", "content": "Hi"}])
    assert Recall(examples).added_to("Be brief.") == f"Be brief.\n\n{EXAMPLES}\nCaller: Hi"


def test_what_was_told_outlasts_other_instructions() -> None:
    context = LLMContext()
    recall = Recall(context)
    context.add_message({"role": "assistant", "content": "At five."})
    recall.added_to("Be brief.")
    context.add_message({"role": "assistant", "content": "At six."})

    assert recall.kept_with("Be long.") == f"Be long.\n\n{SO_FAR}\nYou: At five."


def test_an_answer_that_was_cut_off_is_to_be_gone_on_with() -> None:
    recall = Recall(LLMContext())
    recall.cut_off = "We close at"
    assert recall.added_to("").endswith(CUT_OFF.format("We close at"))


def test_news_are_what_came_since_but_for_the_agents_own_words() -> None:
    context = LLMContext([{"role": "user", "content": "old"}])
    context.add_message({"role": "assistant", "content": "answer"})
    context.add_message({"role": "developer", "content": "new"})
    context.add_message({"role": "user", "content": "newer"})

    assert news_in(context, 1) == context.messages[2:]
    assert news_in(context, 9) == context.messages[3:]


def test_of_a_long_conversation_the_newest_is_told() -> None:
    context = LLMContext()
    recall = Recall(context)
    for number in range(300):
        context.add_message({"role": "assistant", "content": f"{number} " + "word " * 20})

    told = recall.added_to("")

    assert "You: 299 " in told
    assert "You: 0 " not in told
    assert len(told) < CHARACTERS_AT_MOST + 500
