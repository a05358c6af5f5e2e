"""The way that a connection's media takes, read from WebRTC's statistics."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from livekit import rtc
from livekit.rtc._proto.stats_pb2 import (
    CandidatePairStats,
    IceCandidateStats,
    IceCandidateType,
)
from livekit.rtc._proto.stats_pb2 import RtcStats as Entry


@dataclass(frozen=True, slots=True)
class MediaPath:
    """The selected pair of candidates (https://www.w3.org/TR/webrtc-stats/#candidatepair-dict*)."""

    protocol: str
    """`udp` or `tcp`."""
    relay_url: str
    """The TURN server that it goes through; empty when it goes straight."""
    address: str
    port: int
    """Of the other side."""
    round_trip_ms: float
    round_trips: int
    """How many have been made; the first ones are slowed by all that goes on while connecting."""

    @property
    def relayed(self) -> bool:
        return bool(self.relay_url)


def media_path(stats: rtc.RtcStats) -> MediaPath | None:
    """The path of the first connection that has one, or None."""
    sides = (stats.subscriber_stats, stats.publisher_stats)
    return next((path for side in sides if (path := _path(side)) is not None), None)


def _path(entries: Iterable[Entry]) -> MediaPath | None:
    kept = list(entries)
    ends = dict(_candidates(kept))
    selected = next(_selected(kept), "")
    for entry in kept:
        if entry.WhichOneof("stats") != "candidate_pair" or entry.candidate_pair.rtc.id != selected:
            continue
        pair = entry.candidate_pair.candidate_pair
        local, remote = ends.get(pair.local_candidate_id), ends.get(pair.remote_candidate_id)
        if local is not None and remote is not None:
            return _between(local, remote, pair)
    return None


def _between(
    local: IceCandidateStats, remote: IceCandidateStats, pair: CandidatePairStats
) -> MediaPath:
    relayed = local.candidate_type == IceCandidateType.RELAY
    return MediaPath(
        protocol=local.protocol,
        relay_url=(local.url or "turn") if relayed else "",
        address=remote.address,
        port=remote.port,
        round_trip_ms=pair.current_round_trip_time * 1000.0,
        round_trips=pair.responses_received,
    )


def _selected(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        if entry.WhichOneof("stats") == "transport":
            yield entry.transport.transport.selected_candidate_pair_id


def _candidates(entries: Iterable[Entry]) -> Iterable[tuple[str, IceCandidateStats]]:
    for entry in entries:
        match entry.WhichOneof("stats"):
            case "local_candidate":
                yield entry.local_candidate.rtc.id, entry.local_candidate.candidate
            case "remote_candidate":
                yield entry.remote_candidate.rtc.id, entry.remote_candidate.candidate
            case _:
                pass
