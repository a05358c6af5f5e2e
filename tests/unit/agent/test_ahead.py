from app.agent.ahead import Listening, Want

RATE_HZ = 16_000
BLOCK = bytes(RATE_HZ // 100 * 2)
VOICE = -20.0
QUIET = -70.0


def listening(partials_every_s: float = 1.0, *, guess: bool = True) -> Listening:
    return Listening(RATE_HZ, partials_every_s, guess)


def feed(what: Listening, rms_dbfs: float, seconds: float) -> list[Want]:
    wants = [what.feed(BLOCK, rms_dbfs) for _ in range(round(seconds * 100))]
    return [want for want in wants if want is not None]


def test_before_the_vad_speaks_a_second_is_kept_and_nothing_is_wanted():
    what = listening()

    assert feed(what, VOICE, 1.7) == []
    assert len(what.heard) == RATE_HZ * 2


def test_a_pause_of_80_ms_is_taken_for_the_end():
    what = listening()
    what.start()

    assert feed(what, VOICE, 0.6) == []
    assert feed(what, QUIET, 0.07) == []
    assert feed(what, QUIET, 0.01) == [Want.GUESS]
    assert what.guess_holds
    assert feed(what, QUIET, 0.3) == []


def test_speech_after_the_guess_makes_it_void_and_the_next_waits_a_little_longer():
    what = listening()
    what.start()
    feed(what, VOICE, 0.5)
    feed(what, QUIET, 0.1)

    assert feed(what, VOICE, 0.1) == []
    assert not what.guess_holds
    assert feed(what, QUIET, 0.11) == []
    assert feed(what, QUIET, 0.01) == [Want.GUESS]


def test_quiet_is_measured_against_the_loudest_speech():
    what = listening()
    what.start()
    feed(what, -10.0, 0.5)

    assert feed(what, -35.0, 0.08) == [Want.GUESS]


def test_while_somebody_speaks_a_partial_is_wanted_now_and_then():
    what = listening(partials_every_s=0.5)
    what.start()

    assert feed(what, VOICE, 1.6) == [Want.PARTIAL] * 3
    assert feed(listening(partials_every_s=0.0), VOICE, 3.0) == []


def test_neither_is_wanted_when_neither_is_asked_for():
    what = listening(partials_every_s=0.0, guess=False)
    what.start()

    assert feed(what, VOICE, 2.0) + feed(what, QUIET, 0.5) == []
    assert not what.guess_holds


def test_what_was_heard_begins_a_second_before_and_ends_with_the_vad():
    what = listening()
    feed(what, QUIET, 2.0)
    what.start()
    feed(what, VOICE, 0.5)

    assert len(what.heard) == round(1.5 * RATE_HZ) * 2
    what.stop()
    assert len(what.heard) == 0
    assert not what.speaking
