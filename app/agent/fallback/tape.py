"""Keeps what was last heard, for somebody else to hear it again."""

from collections import deque

from pipecat.frames.frames import Frame, InputAudioRawFrame

PRE_ROLL_S = 1.0
TURN_AT_MOST_S = 30.0
"""What is kept of a turn."""
BYTES_PER_SAMPLE = 2


class Tape:
    """Sound in its order, with the frames between that say who speaks. One thread."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self._length_s = 0.0

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        return self._frames[index]

    def has(self, kind: type[Frame]) -> bool:
        """Whether a frame of this kind is still on it."""
        return any(isinstance(frame, kind) for frame in self._frames)

    def add(self, frame: Frame) -> None:
        """Keep a frame."""
        self._frames.append(frame)
        self._length_s += _length_s(frame)

    def cut(self, keep_s: float) -> None:
        """Forget all but the newest seconds."""
        while self._frames and self._length_s - _length_s(self._frames[0]) >= keep_s:
            self._length_s -= _length_s(self._frames.popleft())


def _length_s(frame: Frame) -> float:
    if not isinstance(frame, InputAudioRawFrame):
        return 0.0
    return len(frame.audio) / BYTES_PER_SAMPLE / frame.num_channels / frame.sample_rate
