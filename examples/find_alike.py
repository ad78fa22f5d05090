"""List the photographs of a folder by how much they are like one.

    python find_alike.py embedder.tflite photo.jpg photos/ [how many]

Any embedder of pictures does: a model that gives a row of numbers and no labels. docs/how-to/comparing-pictures.md says
where to get one. Works on all cores.
"""

from __future__ import annotations

import sys

import edgewright as ew
from edgewright.media import find_pictures


def main(model: str, photo: str, folder: str, count: int = 10) -> int:
    unreadable = 0
    found = []
    with ew.load(model, task="embedding") as embed:
        wanted = embed(photo)
        for answer in embed.stream(find_pictures([folder])):
            if answer.ok:
                found.append((wanted.similarity(answer.result), answer.input))
            else:
                print(answer.error, file=sys.stderr)
                unreadable += 1
    for similarity, other in sorted(found, reverse=True)[:count]:
        print(f"{similarity:.3f}  {other.name}")
    return 1 if unreadable else 0


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:4], *map(int, sys.argv[4:])))
    except (ew.EdgewrightError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
