"""One run of the `livekit-server` child process: started, watched, and ended for certain."""

import asyncio
import logging
import os
import signal
from contextlib import suppress
from pathlib import Path

from app.media.server_config import ServerConfig
from app.media.server_log import ServerLog

log = logging.getLogger(__name__)

STOP_S = 4.0
"""The watcher needs 2 s for its three signals."""
DRAIN_S = 2.0
LONGEST_LINE = 1 << 20
PID_MARK = "greenroom-server-pid "
WATCHED = f"""\
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
echo "{PID_MARK}$server"
( read -r gone <&3
  kill -TERM $server; sleep 1; kill -TERM $server; sleep 1; kill -KILL $server ) >/dev/null 2>&1 &
watcher=$!
exec 3<&- 2>/dev/null
wait $server
code=$?
kill $watcher 2>/dev/null
exit $code
"""
"""Runs the server beside a watcher that reads a pipe from us.

The pipe ends when we close it or when we are gone, however we went; the server then gets SIGTERM, a second one for
participants who are still inside, and SIGKILL. The pipe comes as standard input, because dash refuses descriptors
above 9 in a redirection.
"""


class ServerProcess:
    """A child `livekit-server` and its log. Use it on the loop that started it."""

    def __init__(
        self, child: asyncio.subprocess.Process, lifeline: int, server_log: ServerLog
    ) -> None:
        self._child = child
        self._lifeline: int | None = lifeline
        self._log = server_log
        self._reading = asyncio.get_running_loop().create_task(self._read(), name="server log")
        self.pid: int | None = None
        """Of the server itself; None until it has been forked."""

    @classmethod
    async def start(cls, binary: Path, config: ServerConfig) -> "ServerProcess":
        """Start `binary`. The configuration travels in the child's environment, never in argv or on disk.

        A session of its own keeps the terminal's Ctrl-C from the server: it ends after those who are inside.
        """
        far_end, lifeline = os.pipe()
        try:
            child = await asyncio.create_subprocess_exec(
                "/bin/sh",
                "-c",
                WATCHED,
                "sh",
                str(binary),
                stdin=far_end,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=LONGEST_LINE,
                env={"PATH": os.defpath, "LIVEKIT_CONFIG": config.to_yaml()},
                start_new_session=True,
            )
        except BaseException:
            os.close(lifeline)
            raise
        finally:
            os.close(far_end)
        return cls(child, lifeline, ServerLog(config.api_secret))

    @property
    def running(self) -> bool:
        return self._child.returncode is None

    @property
    def last_words(self) -> str:
        """Why it ended: its last errors, else how it ended."""
        return self._log.last_errors or _exit_in_words(self._child.returncode)

    async def ended(self) -> None:
        """Wait until it has ended and its log has been read."""
        await self._child.wait()
        self._end_group()
        self._cut_lifeline()
        done, _ = await asyncio.wait({self._reading}, timeout=DRAIN_S)
        if not done:
            log.warning("livekit-server's output is still held open by another process")
            self._reading.cancel()

    async def stop(self) -> None:
        """End it: SIGTERM, SIGTERM again after 1 s, SIGKILL after 2 s."""
        self._cut_lifeline()
        try:
            async with asyncio.timeout(STOP_S):
                await self._child.wait()
        except TimeoutError:
            log.warning("livekit-server %s did not stop; killing it", self.pid)
            self._end_group()
        await self.ended()

    def _cut_lifeline(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def _end_group(self) -> None:
        """Kill what is left of the child's process group: a server that outlived its shell keeps its ports."""
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)

    async def _read(self) -> None:
        assert self._child.stdout is not None
        while True:
            try:
                line = (await self._child.stdout.readline()).decode(errors="replace")
            except ValueError:
                log.warning("livekit-server wrote a line of more than %s bytes", LONGEST_LINE)
                continue
            if not line:
                return
            if line.startswith(PID_MARK):
                self.pid = int(line.removeprefix(PID_MARK))
            else:
                self._log.take(line)


def _exit_in_words(code: int | None) -> str:
    if code is None:
        return "it is still running"
    # A shell reports a child that a signal ended as 128 and the signal's number.
    number = -code if code < 0 else code - 128
    if number in set(signal.Signals):
        return f"it was ended by {signal.Signals(number).name}"
    return f"it exited with code {code}"
