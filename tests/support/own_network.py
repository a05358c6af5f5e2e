"""Runs programs in a network of their own, which only they see: without an interface, or with UDP ports blocked."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADDRESS = "198.18.0.1"
"""Of the one interface that is up; it leads nowhere (RFC 2544)."""
INTERFACE = f"""
ip link add v0 type veth peer name v1 && ip addr add {ADDRESS}/32 dev v0
ip link set v0 up && ip link set v1 up
"""
RULES_BEFORE_LOCAL = "ip rule add pref 10 lookup local && ip rule del pref 0"
"""Rules of our own can then drop what goes to an address of this computer."""


def run_in_own_network(
    module: str,
    *words: str,
    interface: bool = True,
    environment: dict[str, str] | None = None,
    within_s: float = 90.0,
) -> "subprocess.CompletedProcess[str]":
    """Run a module there and return how it ended."""
    for program in ("unshare", "ip"):
        assert shutil.which(program), (
            f"this test needs {program}: apt-get install util-linux iproute2"
        )
    setup = ["set -e", "ip link set lo up", *([INTERFACE, RULES_BEFORE_LOCAL] if interface else [])]
    script = "\n".join([*setup, 'exec "$@"'])
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(
        ["unshare", "--map-root-user", "--net", "sh", "-c", script, "sh", *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )


def drop_udp(port: int) -> None:
    """Drop what goes to and comes from a UDP port. Only in a network of one's own."""
    for side in ("dport", "sport"):
        _ip(["rule", "add", "pref", "5", "ipproto", "udp", side, str(port), "type", "blackhole"])


def _ip(words: Sequence[str]) -> None:
    subprocess.run(["ip", *words], check=True, timeout=5)
