"""Pictures that come in several packets, put together again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_START = re.compile(b"\x00\x00\x01")
_SLICES = (1, 5)


def whole(packets: Iterable[Any]) -> Iterator[Any]:
    """The packets of a stream of H.264 (`av.Packet`), with those of one key frame joined.

    GStreamer's `rtph264pay config-interval=-1` writes the parameters of the stream before each slice of a key frame,
    and FFmpeg takes what follows for another frame: both then decode as damaged, and so does all that builds on them.
    Where that may be, a key frame is held until the packet behind it is there: the first, to learn of it, and then each
    of a stream that does so.
    """
    held: list[Any] = []
    may_be_cut, follows_key_frame = True, False
    for packet in packets:
        is_piece = follows_key_frame and packet.is_keyframe and _continues(packet)
        follows_key_frame = packet.is_keyframe
        if held and is_piece:
            held.append(packet)
            continue
        if held:
            may_be_cut = len(held) > 1
            yield _joined(held)
            held = []
        if may_be_cut and packet.is_keyframe:
            held = [packet]
        else:
            may_be_cut = may_be_cut or is_piece
            yield packet
    if held:
        yield _joined(held)


def _continues(packet: Any) -> bool:
    """Whether a packet of H.264 begins in the midst of a picture: ITU-T H.264 7.3.3 (first_mb_in_slice) and Annex B."""
    for unit in _START.split(bytes(packet)):
        if unit and unit[0] & 0x1F in _SLICES:
            return len(unit) > 1 and not unit[1] & 0x80  # the code of 0 is a single bit, which is set
    return False


def _joined(pieces: list[Any]) -> Any:
    import av

    first = pieces[0]
    if len(pieces) == 1:
        return first
    packet = av.Packet(b"".join(bytes(piece) for piece in pieces))
    packet.stream, packet.time_base = first.stream, first.time_base
    packet.pts, packet.dts, packet.is_keyframe = first.pts, first.dts, True
    return packet
