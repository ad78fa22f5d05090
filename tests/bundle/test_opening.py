"""A bundle is opened only once it is known who made it, and unpacked whole or not at all."""

from __future__ import annotations

import os
import resource
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bundle.desk import FILES, Desk, make_desk, manifest_of
from edgewright.bundle import ALLOWED_SIGNERS, open_bundle, trusted_text
from edgewright.deploy import write_bundle
from edgewright.errors import BundleError, SignatureError


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def bundle(desk: Desk, tmp_path: Path) -> Path:
    return desk.bundle(tmp_path / "door.bundle", manifest_of())


@pytest.fixture
def unsigned(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "unsigned.bundle", manifest_of(), FILES)
    return tmp_path / "unsigned.bundle"


def test_what_is_unpacked_is_what_was_packed(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    with open_bundle(bundle, [desk.trusted]) as opened:
        opened.unpack(tmp_path / "new")
    assert (opened.manifest, opened.signer) == (manifest_of(), desk.trusted)
    assert (tmp_path / "new" / "manifest.json").read_bytes() == manifest_of().to_bytes()
    assert (tmp_path / "new" / "manifest.json.sig").read_bytes() == desk.sign(manifest_of().to_bytes())
    for path, content in FILES.items():
        assert (tmp_path / "new" / path).read_bytes() == content
    assert sum(path.is_file() for path in (tmp_path / "new").rglob("*")) == len(FILES) + 2


def test_tar_reads_a_bundle_too(bundle: Path) -> None:
    with tarfile.open(bundle) as archive:
        assert archive.getnames() == ["manifest.json", "manifest.json.sig", *FILES]
        for path, content in FILES.items():
            member = archive.extractfile(path)
            assert member is not None
            assert member.read() == content


def test_without_a_trusted_key_a_bundle_is_taken_only_by_name(desk: Desk, bundle: Path, unsigned: Path) -> None:
    for path in (bundle, unsigned):
        with pytest.raises(SignatureError, match="no key is trusted here"):
            open_bundle(path, [])
        with pytest.raises(SignatureError, match="another one than was announced"):
            open_bundle(path, [], digest="0" * 64)
        with open_bundle(path, [], digest=manifest_of().digest) as opened:
            assert opened.signer is None
        with open_bundle(path, [], unsigned=True) as opened:
            assert opened.signer is None
    with pytest.raises(SignatureError, match="announced"):
        open_bundle(unsigned, [], digest="", unsigned=True)


def test_where_keys_are_trusted_nothing_stands_in_for_a_signature(desk: Desk, unsigned: Path) -> None:
    with pytest.raises(SignatureError, match="is not signed"):
        open_bundle(unsigned, [desk.trusted], digest=manifest_of().digest, unsigned=True)


def test_a_signed_bundle_is_also_the_one_that_was_announced(desk: Desk, bundle: Path) -> None:
    open_bundle(bundle, [desk.trusted], digest=manifest_of().digest).close()
    with pytest.raises(SignatureError, match="announced"):
        open_bundle(bundle, [desk.trusted], digest=manifest_of(8).digest)


def test_the_signature_is_verified_before_anything_else_is_looked_at(bundle: Path, tmp_path: Path) -> None:
    """What follows the signature may be anything: who made it is said first."""
    start = bundle.read_bytes().index(b"words.toml\0")
    bundle.write_bytes(bundle.read_bytes()[:start] + b"\xff" * 100)
    with pytest.raises(SignatureError, match="not trusted here"):
        open_bundle(bundle, [make_desk(tmp_path).trusted])


def test_new_keys_can_be_looked_at_before_they_count(desk: Desk, tmp_path: Path) -> None:
    new = replace(desk.trusted, name="new", key=bytes(32))
    files = FILES | {ALLOWED_SIGNERS: trusted_text([desk.trusted, new]).encode()}
    path = desk.bundle(tmp_path / "door.bundle", manifest_of(files=files), files)
    with open_bundle(path, [desk.trusted]) as opened:
        assert opened.trusted() == (desk.trusted, new)
        opened.unpack(tmp_path / "new")
    assert (tmp_path / "new" / ALLOWED_SIGNERS).read_bytes() == files[ALLOWED_SIGNERS]


def test_a_folder_that_exists_is_left_as_it_is(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    with open_bundle(bundle, [desk.trusted]) as opened:
        for name in (".", "link", "nowhere"):
            with pytest.raises(BundleError, match="exists"):
                opened.unpack(tmp_path / name)
    assert not (tmp_path / "missing").exists()
    assert bundle.exists()


def test_a_file_that_changes_after_it_was_verified_is_noticed(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    with open_bundle(bundle, [desk.trusted]) as opened:
        content = bundle.read_bytes()
        place = content.index(FILES["model/dogs.tflite"])
        with bundle.open("r+b") as stream:
            stream.seek(place)
            stream.write(b"evil")
        with pytest.raises(BundleError, match=r"model/dogs\.tflite in it is not what"):
            opened.unpack(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_replaced_after_it_was_verified_is_not_read(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"evil")
    with open_bundle(bundle, [desk.trusted]) as opened:
        other.replace(bundle)
        opened.unpack(tmp_path / "new")
    assert (tmp_path / "new" / "model/dogs.tflite").read_bytes() == FILES["model/dogs.tflite"]


def test_what_is_no_file_is_refused_at_once(desk: Desk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(BundleError, match="no file"):
            open_bundle(path, [desk.trusted])
    with pytest.raises(BundleError, match="No such file"):
        open_bundle(tmp_path / "missing", [desk.trusted])


def test_where_the_disk_fills_up_nothing_is_kept(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    """A limit on the size of files, for which a system says the same in the same place as for a full disk."""
    refused = pytest.raises(BundleError, match="cannot be unpacked: File too large")
    with open_bundle(bundle, [desk.trusted]) as opened, _largest_file(5_000), refused:
        opened.unpack(tmp_path / "new")
    assert not (tmp_path / "new").exists()


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    import signal

    before, usual = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, usual)


@pytest.mark.parametrize("name", ["Zo\xeb", "\u674e"])
def test_keys_in_a_bundle_are_read_as_a_device_reads_them(desk: Desk, tmp_path: Path, name: str) -> None:
    """Before they are trusted, and after."""
    keys = (replace(desk.trusted, remark=name),)
    files = {ALLOWED_SIGNERS: trusted_text(keys).encode()}
    bundle = desk.bundle(tmp_path / "1.bundle", manifest_of(1, files), files)
    with open_bundle(bundle, [desk.trusted]) as opened:
        assert opened.trusted() == keys


@pytest.mark.parametrize(("content", "said"), [(b"desk \xff", "no text"), (b"#" * 300_000, "300,000 bytes of")])
def test_keys_that_no_device_could_read_are_refused_before(
    desk: Desk, tmp_path: Path, content: bytes, said: str
) -> None:
    files = {ALLOWED_SIGNERS: content}
    bundle = desk.bundle(tmp_path / "1.bundle", manifest_of(1, files), files)
    with open_bundle(bundle, [desk.trusted]) as opened, pytest.raises(BundleError, match=said):
        opened.trusted()
