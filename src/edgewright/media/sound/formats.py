"""Which sound formats are read, told by their first bytes and never by the name of the file."""

from __future__ import annotations

HEAD_BYTES = 32

# What folders are searched for.
SOUND_SUFFIXES = frozenset({".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff"})
# What people have beside in their folders of sounds, and what is not read.
UNREAD = frozenset(f".{suffix}" for suffix in "m4a aac wma amr ape mka ac3 caf mid midi wv mpc dsf 3ga".split())

NAMES = "WAV, FLAC, OGG, MP3, AIFF"


def detect(head: bytes) -> str | None:
    """The format of a file by its first bytes; None where it is none of the list.

    Sources: RIFF/WAVE (Microsoft, IBM 1991) and RF64 (EBU Tech 3306), FLAC (RFC 9639, 8.1), Ogg (RFC 3533, 6), AIFF
    (Apple 1989), and for MP3 the ID3 tag or the header of a frame.
    """
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "WAV"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF"
    if head[:4] in _STARTS:
        return _STARTS[head[:4]]
    return "MP3" if head[:3] == b"ID3" or _is_mpeg_frame(head) else None


def is_sound(data: bytes) -> bool:
    """Whether bytes begin as a sound of the list does; what follows may still be damaged."""
    return detect(data[:HEAD_BYTES]) is not None


_STARTS = {b"fLaC": "FLAC", b"OggS": "OGG"}


def _is_mpeg_frame(head: bytes) -> bool:
    """Whether a frame of MPEG audio begins: 11 bits set, and none of the values that are reserved.

    Source: ISO/IEC 11172-3, 2.4.1.3: version 01, layer 00 (which AAC has), bit rate 1111, sampling frequency 11.
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, bit_rate, frequency = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and bit_rate != 15 and frequency != 3


def guess_other(head: bytes) -> str:
    """Say in a few words what bytes that are no sound of the list seem to be."""
    if not head:
        return "the file is empty"
    if head[4:8] == b"ftyp" or head[:4] == b"\x1aE\xdf\xa3" or (head[0] == 0xFF and head[1:2] in (b"\xf1", b"\xf9")):
        return "it is AAC, M4A or a video; make a WAV of it first: ffmpeg -i IN OUT.wav"
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM")) or head[8:12] == b"WEBP":
        return "it is a picture"
    return f"it starts with {head[:8]!r}"
