"""`make fixtures`: puts the files that fixtures.toml lists into ../shared, each one verified before it is visible.

    python tests/fetch_fixtures.py [--into FOLDER] [--base-url URL] [--list FILE]

A file that is there already and right is kept. FOLDER is ../shared beside the project, or what EDGEWRIGHT_SHARED says;
for another folder, ../shared serves as a cache. Exit code 1 if a file could not be had; the others are there then.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import io
import os
import sys
import tomllib
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from edgewright.errors import EdgewrightError
from edgewright.files import write_atomic

HERE = Path(__file__).resolve().parent
BESIDE = HERE.parents[1] / "shared"
GITHUB = "https://github.com"

_PATIENCE_S = 60
_LARGEST = 64 * 1024 * 1024


class FixtureError(EdgewrightError):
    """A file cannot be had, or is not what was published."""


@dataclass(frozen=True)
class Fixture:
    """One file: where it is published and what it has to be; `made` names the function that makes it of that."""

    name: str
    repository: str
    commit: str
    path: str
    sha256: str
    size: int
    made: str | None = None
    contents: str | None = None

    def url(self, base: str) -> str:
        return f"{base}/{self.repository}/raw/{self.commit}/{urllib.parse.quote(self.path)}"

    def is_right(self, data: bytes) -> bool:
        if len(data) == self.size and hashlib.sha256(data).hexdigest() == self.sha256:
            return True
        return self.contents is not None and contents_digest(data) == self.contents


def main() -> int:
    arguments = _arguments()
    fixtures = read_list(arguments.list)
    failures = 0
    for fixture in fixtures:
        try:
            print(f"{fixture.name}: {provide(fixture, arguments.into, arguments.base_url)}", flush=True)
        except EdgewrightError as error:
            failures += 1
            print(f"{fixture.name}: {error}", file=sys.stderr)
    print(f"{len(fixtures) - failures} of {len(fixtures)} files are in {arguments.into}")
    if failures:
        print("Run the same command again: what is there is kept", file=sys.stderr)
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fetch the published files that tests read.")
    parser.add_argument("--into", type=Path, default=Path(os.environ.get("EDGEWRIGHT_SHARED", BESIDE)))
    parser.add_argument("--base-url", default=os.environ.get("EDGEWRIGHT_FIXTURES_URL", GITHUB))
    parser.add_argument("--list", type=Path, default=HERE / "fixtures.toml")
    return parser.parse_args()


def read_list(path: Path) -> list[Fixture]:
    return [Fixture(name, **facts) for name, facts in tomllib.loads(path.read_text()).items()]


def provide(fixture: Fixture, folder: Path, base: str) -> str:
    """Put one file into the folder, from where it is cheapest; says from where. Raises EdgewrightError."""
    target = folder / fixture.name
    if _right_file(fixture, target) is not None:
        return "there already"
    data, where = _right_file(fixture, BESIDE / fixture.name), "copied from beside the project"
    if data is None:
        data, where = download(fixture, base), "downloaded"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FixtureError(f"the folder {target.parent} cannot be made: {error.strerror}") from None
    write_atomic(target, data, overwrite=True)
    return where


def _right_file(fixture: Fixture, path: Path) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if fixture.is_right(data) else None


def download(fixture: Fixture, base: str) -> bytes:
    """The file's bytes, verified. Raises FixtureError."""
    url = fixture.url(base)
    limit = _LARGEST if fixture.made else fixture.size
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE_S) as answer:
            data = answer.read(limit + 1)
    except (OSError, http.client.HTTPException) as error:
        raise FixtureError(f"{url}: {error}") from None
    made = MAKERS[fixture.made](data) if fixture.made else data
    if not fixture.is_right(made):
        digest = hashlib.sha256(made).hexdigest()
        raise FixtureError(
            f"{url}: {len(data):,} bytes with SHA-256 {digest} are not the published file "
            f"({fixture.size:,} bytes, {fixture.sha256}); nothing was written"
        )
    return made


# 30 x 30 pictures, three rows for each of the ten classes.
_TILE, _ACROSS, _ROWS_PER_CLASS = 28, 30, 3


def classes_of_sprite(data: bytes) -> bytes:
    """`.npz` with x (900, 28, 28) uint8 and y (900,) uint8, of the sprite in zalandoresearch/fashion-mnist."""
    side = _TILE * _ACROSS
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            pixels = np.asarray(picture.convert("L"))
    except OSError as error:
        raise FixtureError(f"the sprite is no picture: {error}") from None
    if pixels.shape != (side, side):
        raise FixtureError(f"the sprite is {pixels.shape} pixels; expected {side} x {side}")
    tiles = pixels.reshape(_ACROSS, _TILE, _ACROSS, _TILE).swapaxes(1, 2)
    y = np.repeat(np.arange(_ACROSS // _ROWS_PER_CLASS, dtype=np.uint8), _ROWS_PER_CLASS * _ACROSS)
    stream = io.BytesIO()
    np.savez_compressed(stream, x=tiles.reshape(-1, _TILE, _TILE), y=y)
    return stream.getvalue()


def contents_digest(data: bytes) -> str | None:
    """SHA-256 of the bytes of x and then y of a `.npz`; None where it is none."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return hashlib.sha256(arrays["x"].tobytes() + arrays["y"].tobytes()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile):
        return None


MAKERS: dict[str, Callable[[bytes], bytes]] = {"classes_of_sprite": classes_of_sprite}

if __name__ == "__main__":
    sys.exit(main())
