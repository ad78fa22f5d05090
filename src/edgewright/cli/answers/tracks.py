"""How tracks are printed: a table of them for people; JSON or comma-separated values of all that was found."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable
from typing import Any

from edgewright.cli.answers.printing import Encodable, Outcome
from edgewright.cli.verb import print_json
from edgewright.report import csv_text, print_table, printable
from edgewright.task import TrackTable, position_of, things_of

_HEADER = ("input", "frame", "seconds", "track", "label", "score", "x0", "y0", "x1", "y1")


def print_tracks(outcomes: Iterable[Outcome], video: str, *, as_json: bool, as_csv: bool) -> None:
    """Print them, when the last outcome has come; comma-separated values as they come."""
    tracks = TrackTable()
    seen = tracks.added(outcomes)
    if as_csv:
        _print_csv(seen, video)
    elif as_json:
        frames = [_document(outcome) for outcome in seen]
        print_json({"kind": "tracks", "input": video, "tracks": tracks.to_list(), "frames": frames})
    else:
        deque(seen, maxlen=0)
        print_table(tracks.table(printable(video)))


def _document(outcome: Outcome) -> dict[str, Any]:
    said = {"error": str(outcome.error)} if outcome.result is None else outcome.result.to_dict()
    return {"position": position_of(outcome), **said}


def _print_csv(outcomes: Iterable[Outcome], video: str) -> None:
    writer = csv.writer(Encodable())
    writer.writerow(_HEADER)
    for outcome in outcomes:
        position = position_of(outcome)
        for thing in things_of(outcome):
            box = ("",) * 4 if thing.box is None else (f"{side:.2f}" for side in thing.box.xyxy)
            said = (thing.track, csv_text(thing.label), f"{thing.score:.6f}")
            writer.writerow((csv_text(video), position.get("frame"), position.get("seconds"), *said, *box))
