"""The recordings of a data set that count: read once, without those that cannot be, and grouped by origin."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.brief import count
from edgewright.data import Dataset, check_trainable
from edgewright.errors import DataError, MissingReaderError
from edgewright.machine import Progress
from edgewright.train.likeness.alike import Link
from edgewright.train.likeness.grouping import Groups, grouped
from edgewright.train.likeness.wording import classes_cut, of_two_classes, of_unread
from edgewright.train.sounds.recordings import Read, read_through
from edgewright.train.trainer import Material

_STEP = "Listening to recordings"

# What published names say of the recording or speaker that a file was cut from: it is the part in brackets. Sources:
# Warden, Speech Commands, 2018 (arXiv 1804.03209), 6; Salamon et al., UrbanSound8K's README; Piczak, ESC-50's README.
_ORIGINS = tuple(
    map(re.compile, (r"(.+)_nohash_\d+", r"(\d+)-\d+-\d+-\d+", r"\d-(\d+)-[A-Z]-\d+")),
)


def sound_material(dataset: Dataset, progress: Progress) -> Material:
    """Listen to every recording: which cannot be read, which are the same, which were cut from one.

    Raises `DataError` where none can be read, or what is left is nothing to train on (`data.check_trainable`), and
    `MissingReaderError` where a package is missing that reads one.
    """
    check_trainable(dataset, "recording")
    seen = _listen(dataset, progress)
    readable = dataset.take(np.array(seen.places)) if seen.unread else dataset
    check_trainable(readable, "recording", unread=len(seen.unread))
    links = _links(readable, seen.sounds)
    groups = grouped(links, readable.labels)
    said = [*of_unread(seen.unread, len(dataset), "recording"), *_joined(links), *_said_of_cuts(readable, groups)]
    said += of_two_classes(readable, _pairs([sound.digest for sound in seen.sounds]), "recording")
    apart = "" if groups.cut else "none of them a copy, or of one speaker by its name"
    return Material(readable, groups.numbers, tuple(seen.unread), tuple(said), apart)


@dataclass
class _Seen:
    """The recordings that can be read: where they are, and what was heard; and of the others (name, reason)."""

    places: list[int] = field(default_factory=list)
    sounds: list[Read] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)


def _listen(dataset: Dataset, progress: Progress) -> _Seen:
    seen = _Seen()
    for place, source in enumerate(dataset.inputs):
        progress(_STEP, place, len(dataset))
        try:
            seen.sounds.append(read_through(source))
            seen.places.append(place)
        except MissingReaderError:
            raise
        except DataError as problem:
            seen.unread.append((dataset.input_name(place), str(problem)))
    progress(_STEP, len(dataset), len(dataset))
    if not seen.places:
        raise DataError(f"{dataset.name}: none of its recordings can be read. The first: {seen.unread[0][1]}")
    return seen


def _links(dataset: Dataset, sounds: Sequence[Read]) -> list[Link]:
    """Pairs that stay together, by their places: the same samples, then those of one origin."""
    copies = _pairs([sound.digest for sound in sounds])
    cuts = _pairs([origin_of(source) for source in dataset.inputs])
    return [*(Link(0.0, *pair) for pair in copies), *(Link(1.0, *pair) for pair in cuts)]


def _pairs(keys: Sequence[str | None]) -> list[tuple[int, int]]:
    """Each place with the first one that has the same key."""
    first: dict[str, int] = {}
    known = [(place, key) for place, key in enumerate(keys) if key is not None]
    return [(before, place) for place, key in known if (before := first.setdefault(key, place)) != place]


def origin_of(source: Any) -> str | None:
    """What the name of a file says of the recording or the speaker that it was cut from; None where it says nothing."""
    stem = Path(source).stem if isinstance(source, str | os.PathLike) else ""
    matches = (pattern.fullmatch(stem) for pattern in _ORIGINS)
    return next((match[1] for match in matches if match), None)


def _joined(links: Sequence[Link]) -> list[str]:
    joined = len({place for link in links for place in (link.first, link.second)})
    if not joined:
        return []
    return [
        f"{count(joined, 'recording')} are the same as others, or by their names of one speaker or recording; such "
        "stay in one part."
    ]


def _said_of_cuts(dataset: Dataset, groups: Groups) -> list[str]:
    if not groups.cut:
        return []
    return [
        f"Most recordings {classes_cut(dataset, groups)}are by their names of one speaker or recording. They were cut "
        "apart all the same, so what is measured may be too good: record others too."
    ]
