"""Bundles that were tampered with: a device takes none of them, and nothing on it changes."""

from __future__ import annotations

import os
import shutil
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from attacks.tampering import Member, Workshop, archive_of, make_workshop, members_of, tampered
from bundle.desk import FILES, Desk, make_desk, manifest_of, use_verifier
from edgewright.bundle import ALLOWED_SIGNERS, Entry, open_bundle, write_trusted
from edgewright.bundle.installing import install
from edgewright.bundle.store import Store
from edgewright.errors import BundleError, EdgewrightError, SignatureError

from ..exploring import count_of

DAY = 86_400


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of one that trusts three keys, of which one is good today; version 7 is at work on it."""
    return tmp_path_factory.mktemp("device") / "root"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The one whose key is good."""
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, device: Path, desk: Desk) -> Workshop:
    folder, now = tmp_path_factory.mktemp("shop"), int(time.time())
    expired = make_desk(folder, "expired", valid_before=now - DAY)
    early = make_desk(folder, "early", valid_after=now + DAY)
    device.mkdir()
    write_trusted(device / ALLOWED_SIGNERS, [expired.trusted, early.trusted, desk.trusted])
    install(Store(device), desk.bundle(folder / "7.bundle", manifest_of(7)))
    return make_workshop(folder, desk, expired, early)


def state_of(root: Path) -> dict[str, tuple[object, ...]]:
    """All that lies below a folder, and beside it: whatever changes there shows."""
    found = {}
    for folder, names, files in os.walk(root.parent):
        for name in (".", *names, *files):
            path = f"{folder}/{name}"
            stat = os.lstat(path)
            size = stat.st_size if name in files else 0
            found[path] = (stat.st_ino, stat.st_mode, size, stat.st_mtime_ns if name in files else 0)
    return found


def accepted(bundles: list[tuple[str, bytes]], root: Path, scratch: Path) -> list[str]:
    """What was done to those that were taken, or left a trace; each is refused with one line."""
    found, before, path = [], state_of(root), scratch / "tampered.bundle"
    for number, (kind, data) in enumerate(bundles):
        path.write_bytes(data)
        try:
            install(Store(root), path)
        except BundleError as error:
            assert "\n" not in str(error)  # noqa: PT017
            if state_of(root) == before:
                continue
        found.append(f"{kind} {number}")
        before = state_of(root)
    return found


def assert_good_is_taken(shop: Workshop, scratch: Path) -> None:
    """With the verifier of this test; where that is missing, nothing would be taken."""
    (scratch / "good.bundle").write_bytes(archive_of(shop.good.members))
    open_bundle(scratch / "good.bundle", [shop.desk.trusted]).close()


@pytest.mark.parametrize("verifier", ["ssh-keygen", "cryptography"])
def test_no_tampered_bundle_is_taken(
    verifier: str, shop: Workshop, device: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_verifier(verifier, monkeypatch)
    assert_good_is_taken(shop, tmp_path)
    bundles = tampered(count_of("TAMPERED", 200), shop)
    assert accepted(bundles, device, tmp_path) == []


@pytest.mark.extras
@pytest.mark.parametrize("verifier", ["ssh-keygen", "cryptography"])
def test_none_of_2000_tampered_bundles_is_taken(
    verifier: str, shop: Workshop, device: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_verifier(verifier, monkeypatch)
    assert_good_is_taken(shop, tmp_path)
    bundles = tampered(2_000, shop)
    assert len({data for _, data in bundles}) == 2_000
    assert min(Counter(kind for kind, _ in bundles).values()) >= 25
    assert accepted(bundles, device, tmp_path) == []


def test_the_bundle_that_they_are_made_from_is_taken(shop: Workshop, device: Path, tmp_path: Path) -> None:
    shutil.copytree(device, tmp_path / "root", symlinks=True)
    (tmp_path / "good.bundle").write_bytes(archive_of(shop.good.members))
    outcome = install(Store(tmp_path / "root"), tmp_path / "good.bundle")
    assert (outcome.version, outcome.state) == (shop.good.manifest.label, "healthy")


# ----- one by one


@pytest.fixture
def refused(shop: Workshop, device: Path, tmp_path: Path) -> Callable[..., None]:
    """Have the device refuse a bundle with a message, and see that nothing on it changed."""

    def refuse(members: list[Member], match: str, kind: type[BundleError] = BundleError, behind: bytes = b"") -> None:
        before = state_of(device)
        (tmp_path / "evil.bundle").write_bytes(archive_of(members) + behind)
        with pytest.raises(kind, match=match):
            install(Store(device), tmp_path / "evil.bundle")
        assert state_of(device) == before

    return refuse


def signed_text(desk: Desk, text: bytes, files: dict[str, bytes] = FILES) -> list[Member]:
    """A bundle whose manifest may be anything, rightly signed: by a key that was stolen, or by mistake."""
    return members_of(text, desk.sign(text), files)


@pytest.mark.parametrize(
    "path", ["../../evil", "/etc/cron.d/evil", "a/../../evil", "venv/bin/python", "complete", ".a"]
)
def test_a_signature_does_not_make_a_path_good(path: str, desk: Desk, refused: Callable[..., None]) -> None:
    text = manifest_of(8).to_bytes().replace(b'"words.toml"', f'"{path}"'.encode())
    files = {path if name == "words.toml" else name: content for name, content in FILES.items()}
    refused(signed_text(desk, text, files), "no good path")


def test_names_that_are_one_where_case_does_not_count(desk: Desk, refused: Callable[..., None]) -> None:
    files = {"model/a": b"1", "model/b": b"2"}
    text = manifest_of(8, files).to_bytes().replace(b"model/b", b"MODEL/A")
    refused(signed_text(desk, text, {"model/a": b"1", "MODEL/A": b"2"}), "each once")


@pytest.mark.parametrize(
    ("kind", "link"), [(b"1", "words.toml"), (b"2", "/etc/passwd"), (b"3", ""), (b"5", ""), (b"6", ""), (b"S", "")]
)
def test_what_is_no_plain_file(kind: bytes, link: str, shop: Workshop, refused: Callable[..., None]) -> None:
    members = shop.good.members
    members[-2] = replace(members[-2], kind=kind, link=link, content=b"")
    refused(members, "it has .* bytes and should have|does not stand in it")
    refused([*members[:-2], replace(shop.good.members[-2], kind=kind, link=link), members[-1]], "does not stand in it")


def test_a_link_first_and_a_file_through_it(shop: Workshop, refused: Callable[..., None]) -> None:
    members = shop.good.members
    refused([*members[:2], Member("model", b"", b"2", "/tmp"), *members[2:]], "should have")
    refused([Member("manifest.json", b"", b"2", "/etc/passwd"), *members], "no bundle")


def test_headers_that_tell_another_name(shop: Workshop, refused: Callable[..., None]) -> None:
    for kind in (b"x", b"g", b"L", b"K"):
        extended = Member("pax", b"19 path=../../evil\n", kind)
        refused([extended, *shop.good.members], "no bundle")
        refused([*shop.good.members[:2], extended, *shop.good.members[2:]], "should have")


def test_two_manifests(shop: Workshop, refused: Callable[..., None]) -> None:
    """One that is signed, and one that a careless reader finds first or last."""
    evil = Member("manifest.json", manifest_of(9).to_bytes())
    refused([evil, *shop.good.members], "not signed", SignatureError)
    refused([*shop.good.members, evil], "should have")


def test_another_archive_behind_the_end(shop: Workshop, refused: Callable[..., None]) -> None:
    refused(shop.good.members, "should have", behind=archive_of(shop.wrongly_signed[0].members))
    refused(shop.good.members, "should have", behind=bytes(512))


def test_a_manifest_and_a_signature_of_gigabytes_are_not_read(shop: Workshop, device: Path, tmp_path: Path) -> None:
    path = tmp_path / "huge.bundle"
    size = {124: b"%011o\0" % (8**11 - 1)}
    for members in (
        [Member("manifest.json", b"", fields=size)],
        [shop.good.members[0], Member("manifest.json.sig", b"", fields=size)],
    ):
        path.write_bytes(b"".join(member.to_bytes() for member in members))
        os.truncate(path, 8**11)
        tracemalloc.start()
        with pytest.raises(BundleError, match="at most"):
            install(Store(device), path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4 << 20


def test_more_than_the_disk_holds_is_refused_before_it_is_unpacked(desk: Desk, device: Path, tmp_path: Path) -> None:
    """A file of holes takes no room on the stick, and terabytes where it is unpacked."""
    entries = tuple(Entry(f"model/{number}", 2**33 - 512, "0" * 64) for number in range(200))
    manifest, before = replace(manifest_of(8), files=entries), state_of(device)
    (tmp_path / "bomb").write_bytes(archive_of(members_of(manifest.to_bytes(), desk.sign(manifest.to_bytes()), {})))
    os.truncate(tmp_path / "bomb", (tmp_path / "bomb").stat().st_size + 200 * 2**33)
    with pytest.raises(EdgewrightError, match="MB are free"):
        install(Store(device), tmp_path / "bomb")
    assert state_of(device) == before


def test_a_link_where_a_version_is_to_lie_is_not_followed(shop: Workshop, device: Path, tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    shutil.copytree(device, root, symlinks=True)
    outside.mkdir()
    (root / "versions" / shop.good.manifest.label).symlink_to(outside)
    (tmp_path / "good.bundle").write_bytes(archive_of(shop.good.members))
    assert install(Store(root), tmp_path / "good.bundle").state == "healthy"
    assert [*outside.iterdir()] == []


@pytest.mark.parametrize("damage", ["empty", "folder", "dangling", "text"])
def test_where_the_trusted_keys_are_damaged_nothing_is_taken(
    damage: str, shop: Workshop, device: Path, tmp_path: Path
) -> None:
    """Neither as if no key were trusted, nor as if any were."""
    root, path = tmp_path / "root", tmp_path / "good.bundle"
    shutil.copytree(device, root, symlinks=True)
    keys = root / ALLOWED_SIGNERS
    keys.unlink()
    {"empty": keys.touch, "folder": keys.mkdir, "dangling": lambda: keys.symlink_to("x"),
     "text": lambda: keys.write_text("* cert-authority x")}[damage]()  # fmt: skip
    path.write_bytes(archive_of(shop.good.members))
    with pytest.raises(BundleError, match=ALLOWED_SIGNERS):
        install(Store(root), path, unsigned=True, digest=shop.good.manifest.digest)
