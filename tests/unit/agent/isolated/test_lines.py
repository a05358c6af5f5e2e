from app.agent.isolated.lines import Allowance, Lines


def generous() -> Allowance:
    return Allowance(1e9, 1e9)


def test_lines_come_out_whole_however_they_were_cut():
    lines = Lines(100, generous())

    assert lines.feed(b"a first, a sec") == []
    assert lines.feed(b"ond\nand") == [b"a first, a second"]
    assert lines.feed(b"\n\n") == [b"and", b""]
    assert lines.rest() == b""


def test_what_never_ends_is_cut_and_takes_no_memory():
    lines = Lines(10, generous())
    for _ in range(1000):
        assert lines.feed(b"x" * 1000) == []

    assert lines.feed(b"\nshort\n") == [b"x" * 10, b"short"]


def test_the_last_line_needs_no_end():
    lines = Lines(100, generous())
    lines.feed(b"a\nlast")

    assert lines.rest() == b"last"
    assert lines.rest() == b""


def test_too_many_lines_are_counted_and_not_looked_at():
    lines = Lines(100, Allowance(0.0, 2.0))

    assert len(lines.feed(b"a\nb\nc\n")) == 3
    assert lines.feed(b"d\ne\nhal") == []
    assert lines.dropped == 2


def test_half_a_line_that_was_not_looked_at_is_no_line():
    allowance = Allowance(0.0, 1.0)
    lines = Lines(100, allowance)
    lines.feed(b"a\n")
    lines.feed(b"b\nthe beginning ")
    allowance.use(-10)

    assert lines.feed(b"and the end\nwhole\n") == [b"whole"]


def test_an_allowance_grows_again():
    allowance = Allowance(1e6, 10.0)
    allowance.use(10)

    while not allowance.has_some():
        pass
    assert allowance.has_some()
