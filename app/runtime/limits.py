"""Limits of the operating system that a supervisor of many rooms would meet."""

import logging
import sys

log = logging.getLogger(__name__)

OPEN_FILES = 8192
"""Enough for rooms in their hundreds at some ten files each, and below what macOS allows at most (10 240)."""


def raise_open_files(wanted: int = OPEN_FILES) -> int | None:
    """Raise this process's limit of open files to `wanted` where it may, and return the limit now in force.

    None where the platform has no such limit (Windows).
    """
    if sys.platform == "win32":  # pragma: no cover
        return None
    import resource  # Unix only.

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    target = wanted if hard == unlimited else min(wanted, hard)
    if soft == unlimited or soft >= target:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    log.info("limit of open files raised from %d to %d", soft, target)
    return target
