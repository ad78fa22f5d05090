"""A bundle signed by the old key brings the new one, which counts once that version is healthy, and not before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from bundle.desk import FILES, Desk, make_desk, manifest_of
from edgewright.bundle import ALLOWED_SIGNERS, TrustedKey, read_trusted, trusted_text, write_trusted
from edgewright.bundle.installing import install, roll_back
from edgewright.bundle.store import Store
from edgewright.errors import BundleError, EdgewrightError, SignatureError


@dataclass(frozen=True)
class Place:
    """A device that trusts the old key, and a desk that has both."""

    store: Store
    folder: Path
    old: Desk
    new: Desk

    def deploy(self, version: int, by: Desk, bring: tuple[Desk, ...] = (), **files: bytes) -> str:
        keys = trusted_text([desk.trusted for desk in bring]).encode()
        content: Mapping[str, bytes] = FILES | ({ALLOWED_SIGNERS: keys} if bring else {})
        content = {**content, **{name.replace("_", "."): data for name, data in files.items()}}
        bundle = by.bundle(self.folder / f"{version}.bundle", manifest_of(version, content), content)
        return install(self.store, bundle).state

    @property
    def trusted(self) -> tuple[TrustedKey, ...]:
        return read_trusted(self.store.trusted)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    old, new = (make_desk(tmp_path, name) for name in ("old", "new"))
    (tmp_path / "root").mkdir()
    write_trusted(tmp_path / "root" / ALLOWED_SIGNERS, [old.trusted])
    return Place(Store(tmp_path / "root"), tmp_path, old, new)


def test_from_the_old_key_over_both_to_the_new_one(place: Place) -> None:
    with pytest.raises(SignatureError, match="not trusted here"):
        place.deploy(1, place.new)
    assert place.deploy(1, place.old, (place.old, place.new)) == "healthy"
    assert place.trusted == (place.old.trusted, place.new.trusted)
    assert place.deploy(2, place.new, (place.new,)) == "healthy"
    assert place.trusted == (place.new.trusted,)
    with pytest.raises(SignatureError, match="not trusted here"):
        place.deploy(3, place.old)
    assert place.deploy(3, place.new) == "healthy"


def test_keys_of_a_version_that_does_not_work_never_count(place: Place) -> None:
    with pytest.raises(EdgewrightError):
        place.deploy(1, place.old, (place.new,), check_json=b"nonsense")
    assert place.trusted == (place.old.trusted,)


def test_keys_that_cannot_be_read_are_refused_before_anything_is_unpacked(place: Place) -> None:
    files = FILES | {ALLOWED_SIGNERS: b"nonsense"}
    bundle = place.old.bundle(place.folder / "bad.bundle", manifest_of(1, files), files)
    with pytest.raises(BundleError, match="line 1"):
        install(place.store, bundle)
    assert [*place.store.versions.iterdir()] == []


def test_an_older_version_does_not_bring_a_retired_key_back(place: Place) -> None:
    """Else whoever stole the old key would only have to wait for a rollback."""
    place.deploy(1, place.old, (place.old, place.new))
    place.deploy(2, place.new, (place.new,))
    roll_back(place.store)
    assert place.store.pointed("current") == place.store.labels()[0]
    assert place.trusted == (place.new.trusted,)
