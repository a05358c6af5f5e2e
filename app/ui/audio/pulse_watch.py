"""Asks PulseAudio itself which devices exist: Qt does not tell when one goes that is not the default.

Only the few calls of libpulse's stable ABI that this needs, as its `pulse/introspect.h` and `pulse/subscribe.h`
declare them. PipeWire's PulseAudio service answers the same calls.
"""

import ctypes
import logging
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_char_p, c_int, c_uint32, c_void_p
from threading import Event, Thread

log = logging.getLogger(__name__)

CLIENT_NAME = b"Greenroom device list"
NO_AUTOSPAWN = 1
SINKS_AND_SOURCES = 1 | 2
CHANGE = 0x10
TYPE_MASK = 0x30
READY = 4
FAILED = 5
STOP_WITHIN_S = 2.0

_StateChanged = CFUNCTYPE(None, c_void_p, c_void_p)
_Subscribed = CFUNCTYPE(None, c_void_p, c_int, c_uint32, c_void_p)
_Listed = CFUNCTYPE(None, c_void_p, c_void_p, c_int, c_void_p)


class PulseWatch:
    """Watches a PulseAudio server from a thread of its own, and gives the names of its sources and sinks.

    `found(sources, sinks)` is called on that thread, at first and whenever a device comes or goes, `lost()` when the
    server goes away; neither may block. Raises OSError where there is no libpulse.
    """

    def __init__(
        self,
        found: Callable[[frozenset[str], frozenset[str]], None],
        lost: Callable[[], None],
    ) -> None:
        self._found = found
        self._lost = lost
        self.alive = True
        """Whether the server is there, as far as is known. Any thread."""
        self._pulse = _load()
        self._stopping = Event()
        self._listing: set[str] = set()
        self._sources: frozenset[str] = frozenset()
        # libpulse keeps pointers to these: they live as long as this object.
        self._callbacks = (
            _StateChanged(self._state_changed),
            _Subscribed(self._subscribed),
            _Listed(self._source_listed),
            _Listed(self._sink_listed),
        )
        self._mainloop = c_void_p(self._pulse.pa_mainloop_new())
        self._thread = Thread(target=self._run, name="audio-device-list", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, once. Blocks for a moment."""
        self._stopping.set()
        self._pulse.pa_mainloop_wakeup(self._mainloop)
        self._thread.join(STOP_WITHIN_S)
        if not self._thread.is_alive():
            self._pulse.pa_mainloop_free(self._mainloop)

    def _run(self) -> None:
        pulse = self._pulse
        context = c_void_p(
            pulse.pa_context_new(pulse.pa_mainloop_get_api(self._mainloop), CLIENT_NAME)
        )
        state_changed, subscribed, _, _ = self._callbacks
        pulse.pa_context_set_state_callback(context, state_changed, None)
        pulse.pa_context_set_subscribe_callback(context, subscribed, None)
        pulse.pa_context_connect(context, None, NO_AUTOSPAWN, None)
        while not self._stopping.is_set():
            if pulse.pa_mainloop_iterate(self._mainloop, 1, None) < 0:
                break
        pulse.pa_context_disconnect(context)
        pulse.pa_context_unref(context)

    def _state_changed(self, context: int, _: int) -> None:
        state = self._pulse.pa_context_get_state(c_void_p(context))
        if state == READY:
            operation = self._pulse.pa_context_subscribe(
                c_void_p(context), SINKS_AND_SOURCES, None, None
            )
            self._pulse.pa_operation_unref(c_void_p(operation))
            self._list(context)
        elif state == FAILED:
            log.info("PulseAudio is not there")
            self.alive = False
            self._stopping.set()
            self._lost()

    def _subscribed(self, context: int, event: int, _index: int, _: int) -> None:
        if event & TYPE_MASK != CHANGE:
            self._list(context)

    def _list(self, context: int) -> None:
        """Ask for the sources, then for the sinks; answers come in the order of the questions."""
        _, _, source_listed, sink_listed = self._callbacks
        for ask, listed in (
            (self._pulse.pa_context_get_source_info_list, source_listed),
            (self._pulse.pa_context_get_sink_info_list, sink_listed),
        ):
            self._pulse.pa_operation_unref(c_void_p(ask(c_void_p(context), listed, None)))

    def _source_listed(self, _context: int, info: int | None, end: int, _: int) -> None:
        if not end:
            self._listing.add(_name(info))
        else:
            self._sources = self._take_listing()

    def _sink_listed(self, _context: int, info: int | None, end: int, _: int) -> None:
        if not end:
            self._listing.add(_name(info))
        else:
            self._found(self._sources, self._take_listing())

    def _take_listing(self) -> frozenset[str]:
        """What was listed since the last answer ended; another question may be under way already."""
        listing = frozenset(self._listing)
        self._listing.clear()
        return listing


def _name(info: int | None) -> str:
    """The first member of a pa_source_info or pa_sink_info."""
    name = c_char_p.from_address(info).value if info else None
    return (name or b"").decode(errors="replace")


def _load() -> ctypes.CDLL:
    pulse = ctypes.CDLL("libpulse.so.0")
    for name, result, arguments in (
        ("pa_mainloop_new", c_void_p, []),
        ("pa_mainloop_get_api", c_void_p, [c_void_p]),
        ("pa_mainloop_iterate", c_int, [c_void_p, c_int, c_void_p]),
        ("pa_mainloop_wakeup", None, [c_void_p]),
        ("pa_mainloop_free", None, [c_void_p]),
        ("pa_context_new", c_void_p, [c_void_p, c_char_p]),
        ("pa_context_connect", c_int, [c_void_p, c_char_p, c_int, c_void_p]),
        ("pa_context_disconnect", None, [c_void_p]),
        ("pa_context_unref", None, [c_void_p]),
        ("pa_context_get_state", c_int, [c_void_p]),
        ("pa_context_set_state_callback", None, [c_void_p, _StateChanged, c_void_p]),
        ("pa_context_set_subscribe_callback", None, [c_void_p, _Subscribed, c_void_p]),
        ("pa_context_subscribe", c_void_p, [c_void_p, c_int, c_void_p, c_void_p]),
        ("pa_context_get_source_info_list", c_void_p, [c_void_p, _Listed, c_void_p]),
        ("pa_context_get_sink_info_list", c_void_p, [c_void_p, _Listed, c_void_p]),
        ("pa_operation_unref", None, [c_void_p]),
    ):
        function = getattr(pulse, name)
        function.restype, function.argtypes = result, arguments
    return pulse
