"""Reads the syntax of Python sources, on one thread at a time."""

import ast
from threading import Lock

_one_at_a_time = Lock()


def parse(source: str | bytes, filename: str = "<unknown>") -> ast.Module:
    """`ast.parse`, for use while other threads parse as well.

    CPython before 3.11.8 counts the depth of the tree for all threads together, and raises SystemError where two
    parse at once (python/cpython#106905). Any thread.
    """
    with _one_at_a_time:
        return ast.parse(source, filename)


def parse_expression(source: str) -> ast.expr:
    """The tree of one expression. Any thread."""
    with _one_at_a_time:
        return ast.parse(source, mode="eval").body
