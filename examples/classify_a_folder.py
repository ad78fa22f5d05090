"""Put the photographs of a folder into groups by what is on them.

    python classify_a_folder.py mobilenet.tflite photos/ [lowest score]

Works on all cores and prints each group, the largest first. What is below the lowest score (0.5) is "not sure".
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import edgewright as ew
from edgewright.media import find_pictures


def main(model: str, folder: str, lowest: float = 0.5) -> int:
    groups: dict[str, list[Path]] = defaultdict(list)
    unreadable = 0
    with ew.load(model) as classify:
        for answer in classify.stream(find_pictures([folder])):
            if answer.ok:
                best = answer.result[0]
                groups[best.label if best.score >= lowest else "not sure"].append(answer.input)
            else:
                print(answer.error, file=sys.stderr)
                unreadable += 1
    for label, photos in sorted(groups.items(), key=lambda group: -len(group[1])):
        print(f"{label}: {', '.join(photo.name for photo in photos)}")
    return 1 if unreadable else 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        sys.exit(main(sys.argv[1], sys.argv[2], *map(float, sys.argv[3:])))
    except (ew.EdgewrightError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
