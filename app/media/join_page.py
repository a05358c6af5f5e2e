"""The join page's files and the headers that they are served with."""

from pathlib import Path

from aiohttp import web

from app.runtime.resources import resource

LIBRARY_SHA384 = "HkA7rQNo8H04l1p4zoXX1Cy+h9YoYp8LvKt4vfMFhv4KFk07UkrNwIUnyBum8Pw6"
"""Of livekit-client 2.23.0, `dist/livekit-client.umd.js`, in base64 as the page's integrity attribute has it."""

_SCRIPT = "text/javascript"
_FONT = "font/ttf"
_ASSETS = {
    "join.css": ("join/join.css", "text/css"),
    "join.js": ("join/join.js", _SCRIPT),
    "states.js": ("join/states.js", _SCRIPT),
    "meters.js": ("join/meters.js", _SCRIPT),
    "livekit-client.umd.js": ("join/livekit-client.umd.js", _SCRIPT),
    "livekit-client.LICENSE.txt": ("join/LICENSE-livekit-client.txt", "text/plain"),
    "inter-regular.ttf": ("fonts/GreenroomInter-Regular.ttf", _FONT),
    "inter-medium.ttf": ("fonts/GreenroomInter-Medium.ttf", _FONT),
    "inter-semibold.ttf": ("fonts/GreenroomInter-SemiBold.ttf", _FONT),
}
"""All that is served, by name: a path in a request never reaches the file system."""


def page() -> Path:
    return resource("join/index.html")


def asset(name: str) -> tuple[Path, str] | None:
    """An asset's file and its content type; None for any other name."""
    found = _ASSETS.get(name)
    return None if found is None else (resource(found[0]), found[1])


def harden(response: web.StreamResponse, origin: str) -> None:
    """Allow the page its own files, its own origin and the microphone, and nothing else."""
    web_socket = origin.replace("http", "ws", 1)
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            # Older browsers do not count a WebSocket to the own origin as 'self'.
            f"connect-src 'self' {web_socket}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    response.headers["Permissions-Policy"] = (
        "microphone=(self), camera=(), geolocation=(), display-capture=()"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
