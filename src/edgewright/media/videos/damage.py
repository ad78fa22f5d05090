"""Which packets and frames of a video are damaged, told by their bytes, by FFmpeg's word and by what they build on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# A camera that has sent so many pictures in a row without an end never writes one.
_OPEN_ENDED = 10

# A frame that builds on a damaged one is damaged too, until the next that builds on none. Where none comes, as from
# encoders that refresh a picture bit by bit, it has healed after so many: x264's longest distance (--keyint).
_LONGEST_GROUP = 250


class DamageFilter:
    """Decodes the packets of one stream, in order.

    What comes before the first frame that builds on none is no damage: the stream was joined in its midst. Frames that
    build on a later one (B frames) are given before it is seen to be damaged.

    `codec` is the stream's `av.CodecContext`, not yet opened; `errors` what its decoder raises where data are damaged,
    and `others` what it may raise as well: that is damage only behind a frame that it could decode.
    """

    def __init__(self, codec: Any, errors: tuple[type[Exception], ...], others: type[Exception]) -> None:
        self._errors, self._others = errors, others
        self._is_jpeg = codec.name == "mjpeg"
        self._without_end = 0
        self._has_begun = False
        self._damaged_ago: int | None = None
        if self._is_jpeg:  # of H.264 it would refuse whole frames for what a camera writes beside them
            codec.options = {**codec.options, "err_detect": "explode"}

    def frames(self, packet: Any) -> Iterator[Any | None]:
        """The frames that become ready with a packet (`av.VideoFrame`), with None in the place of a damaged one."""
        if self._is_jpeg and packet.size:
            jpeg = bytes(packet)
            if not _has_jpeg_start(jpeg):
                return
            if self._is_cut(jpeg):
                yield None
                return
        try:
            decoded = packet.decode()
        except (*self._errors, self._others) as error:
            if not (self._has_begun or isinstance(error, self._errors)):
                raise
            self._damaged_ago = 0
            if self._is_jpeg or self._has_begun:
                yield None
            return
        for frame in decoded:
            self._has_begun = self._has_begun or frame.key_frame
            if self._has_begun:
                yield None if self._is_damaged(frame) else frame

    def _is_cut(self, jpeg: bytes) -> bool:
        self._without_end = 0 if _has_jpeg_end(jpeg) else self._without_end + 1
        return 0 < self._without_end < _OPEN_ENDED

    def _is_damaged(self, frame: Any) -> bool:
        if frame.is_corrupt:
            self._damaged_ago = 0
        elif frame.key_frame or self._damaged_ago == _LONGEST_GROUP:
            self._damaged_ago = None
        elif self._damaged_ago is not None:
            self._damaged_ago += 1
        return self._damaged_ago is not None


def _has_jpeg_start(content: bytes) -> bool:
    """Whether there is the beginning of a JPEG in it (SOI and the first byte of a marker)."""
    return b"\xff\xd8\xff" in content


def _has_jpeg_end(content: bytes) -> bool:
    """Whether the last scan of a JPEG has an end, whatever lies behind it: a cut one may hold a whole thumbnail.

    The markers SOS and EOI (ITU-T T.81 B.1.1.3) cannot be part of the data of a scan.
    """
    return content.rfind(b"\xff\xd9") > content.rfind(b"\xff\xda") >= 0
