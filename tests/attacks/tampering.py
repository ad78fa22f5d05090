"""Bundles that somebody tampered with: by chance that is the same for the same seed, in ways that people use."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bundle.desk import FILES, HERE, Desk, make_desk, make_key, manifest_of, signed_with
from edgewright.bundle import NAMESPACE, Manifest, Signature
from edgewright.bundle.archive import BLOCK, END, MANIFEST, SIGNATURE, padding
from edgewright.deploy import entry_of

ORDER = 2**252 + 27742317777372353535851937790883648493
ELSEWHERE = (
    "../words.toml", "/etc/cron.d/evil", "model/../../evil", "..", ".", "./words.toml", "model", "model/", "~/evil",
    "versions/../evil", "words.toml/..", "WORDS.TOML", "words.toml\0../evil", "complete", "healthy", "venv/bin/python",
    ".bashrc", "\\evil", "C:\\evil", "words.toml\n", "\uff57ords.toml",
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """A part of an archive, as anybody can write it."""

    name: str
    content: bytes
    kind: bytes = b"0"
    link: str = ""
    fields: Mapping[int, bytes] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Its header, with the right checksum whatever is in it, and its content."""
        size = b"%011o\0" % len(self.content)
        block = bytearray(BLOCK)
        places = {
            0: self.name.encode()[:100], 100: b"0000644\0", 108: b"0000000\0", 116: b"0000000\0", 124: size,
            136: b"00000000000\0", 156: self.kind, 157: self.link.encode()[:100], 257: b"ustar\x0000",
            329: b"0000000\0", 337: b"0000000\0", **self.fields,
        }  # fmt: skip
        for place, data in places.items():
            block[place : place + len(data)] = data
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        return bytes(block) + self.content + padding(len(self.content))


def archive_of(members: list[Member]) -> bytes:
    return b"".join(member.to_bytes() for member in members) + END


def members_of(manifest: bytes, signature: bytes, files: Mapping[str, bytes]) -> list[Member]:
    signed = [Member(SIGNATURE, signature)] if signature else []
    return [Member(MANIFEST, manifest), *signed, *(Member(path, content) for path, content in files.items())]


@dataclass(frozen=True)
class Signed:
    """A manifest with its files and somebody's signature."""

    manifest: Manifest
    files: Mapping[str, bytes]
    signature: bytes

    @property
    def members(self) -> list[Member]:
        return members_of(self.manifest.to_bytes(), self.signature, self.files)


@dataclass(frozen=True)
class Workshop:
    """What whoever tampers has: a bundle that would be taken, others by the same hand, and signatures by others."""

    desk: Desk
    good: Signed
    rightly_signed: tuple[Signed, ...]
    wrongly_signed: tuple[Signed, ...]


def make_workshop(folder: Path, desk: Desk, expired: Desk, early: Desk) -> Workshop:
    """`expired` and `early` are trusted too, but no longer and not yet."""
    good = _signed(desk.sign, manifest_of(8))
    for name in ("one", "two"):
        (folder / name).mkdir()
    elsewhere = [replace(HERE, machine="sparc64"), replace(HERE, python="3.99"), replace(HERE, libc="glibc 99.0")]
    others = (
        *(manifest_of(version) for version in range(1, 7)),
        *(replace(manifest_of(7), name=f"door{number}") for number in range(4)),
        *(manifest_of(8, devices=(f"another{number}", "far-away")) for number in range(6)),
        *(replace(manifest_of(version), platform=platform) for platform in elsewhere for version in (8, 9)),
    )
    kinds = [make_key(folder / kind, kind) for kind in ("rsa", "ecdsa")]
    strangers: list[Callable[[bytes], bytes]] = [
        make_desk(folder / "one").sign, make_desk(folder / "two", desk.trusted.name).sign, expired.sign, early.sign,
        *(lambda message, private=private: signed_with(private, message) for private in kinds),
        *(lambda message, name=name: desk.sign(message, namespace=name) for name in ("file", "git", f"{NAMESPACE}2")),
    ]  # fmt: skip
    evil = [FILES | {"words.toml": b"evil %d" % number} for number in range(4)]
    wrongly = [_signed(sign, manifest_of(8, files), files) for sign in strangers for files in (FILES, *evil)]
    rightly = [_signed(desk.sign, other) for other in others]
    return Workshop(desk, good, tuple(rightly), tuple(wrongly))


def _signed(sign: Callable[[bytes], bytes], manifest: Manifest, files: Mapping[str, bytes] = FILES) -> Signed:
    return Signed(manifest, files, sign(manifest.to_bytes()))


# ----- bytes


def changed_bit(chance: random.Random, shop: Workshop) -> bytes:
    """Anywhere in the archive."""
    data = bytearray(archive_of(shop.good.members))
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def changed_content(chance: random.Random, shop: Workshop) -> bytes:
    """Of a member: a file, the manifest or the signature."""
    members = shop.good.members
    place = chance.choice([number for number, member in enumerate(members) if member.content])
    return archive_of(_with(members, place, content=_changed(chance, members[place].content)))


def cut_off(chance: random.Random, shop: Workshop) -> bytes:
    data = archive_of(shop.good.members)
    blocks = chance.randrange(len(data) // BLOCK) * BLOCK
    return data[: chance.choice([blocks, chance.randrange(len(data)), len(data) - chance.randrange(1, 1030)])]


def appended(chance: random.Random, shop: Workshop) -> bytes:
    data = archive_of(shop.good.members)
    more = [
        bytes(chance.randrange(1, 20_000)), chance.randbytes(chance.randrange(1, 2_000)), data,
        Member("evil", chance.randbytes(9)).to_bytes() + END, archive_of(shop.wrongly_signed[0].members),
    ]  # fmt: skip
    return data + chance.choice(more)


def moved(chance: random.Random, shop: Workshop) -> bytes:
    """Bytes taken out, put in or doubled."""
    data = archive_of(shop.good.members)
    start, length = chance.randrange(len(data)), chance.choice([1, 7, BLOCK, 2 * BLOCK])
    middle = chance.choice([b"", chance.randbytes(length), data[start : start + length] * 2])
    return (
        data[:start]
        + middle
        + data[start + (length if middle != b"" and chance.random() < 0.5 else 0) :]
        + (b"" if middle else b"\0" * chance.choice([0, length]))
    )


# ----- members


def swapped(chance: random.Random, shop: Workshop) -> bytes:
    members = shop.good.members
    first, second = chance.sample(range(len(members)), 2)
    members[first], members[second] = members[second], members[first]
    if chance.random() < 0.3:
        members[first], members[second] = (
            replace(members[first], name=members[second].name), replace(members[second], name=members[first].name),
        )  # fmt: skip
    return archive_of(members)


def renamed(chance: random.Random, shop: Workshop) -> bytes:
    members = shop.good.members
    place = chance.randrange(len(members))
    return archive_of(_with(members, place, name=chance.choice(ELSEWHERE) + chance.choice(["", "", str(place)])))


def of_another_kind(chance: random.Random, shop: Workshop) -> bytes:
    """A link, a device, a folder, a pipe, a sparse file, or headers that tell another name or size."""
    members = shop.good.members
    place = chance.randrange(len(members))
    kind = chance.choice([bytes([number]) for number in b"\x001234567gxLKSNVAD"])
    link = chance.choice(["", "/etc/passwd", "../../evil", "model/dogs.tflite", "words.toml"])
    empty = {"content": b""} if chance.random() < 0.5 else {}
    return archive_of(_with(members, place, kind=kind, link=link, **empty))


def other_header(chance: random.Random, shop: Workshop) -> bytes:
    """Owner, mode, time, prefix, version of the format, size in another notation."""
    members = shop.good.members
    place = chance.randrange(len(members))
    size = len(members[place].content)
    fields = [
        (100, b"0006755\0"), (100, b"0100644\0"), (100, b"    644\0"), (108, b"0001750\0"), (116, b"0000001\0"),
        (136, b"%011o\0" % chance.randrange(1, 2**31)), (257, b"ustar  \0"), (257, bytes(8)), (265, b"root"),
        (297, b"wheel"), (329, b"0000001\0"), (345, b"../.."), (345, b"/"), (500, b"x"), (511, b"\1"),
        (124, b"%011o\0" % (size + chance.choice([1, BLOCK, 8**10]))), (124, b"%011o " % size), (124, b"%12o" % size),
        (124, b"\x80" + size.to_bytes(11, "big")), (124, b"\xff" * 12), (124, b"-0000000001\0"), (99, b"x"),
    ]  # fmt: skip
    where, data = chance.choice(fields)
    return archive_of(_with(members, place, fields={where: data}))


def put_in(chance: random.Random, shop: Workshop) -> bytes:
    """One more member, where it may be overlooked."""
    members = shop.good.members
    text = chance.choice([b"path=../evil\n", b"size=1\n", b"linkpath=/etc\n", b"GNU.sparse.major=1\n"])
    record = b"%d %s" % (len(text) + 3, text)
    more = [
        Member("pax", record, b"x"), Member("pax", record, b"g"), Member("././@LongLink", b"../evil\0", b"L"),
        Member("evil.pth", b"import evil"), Member("model", b"", b"2", "/etc"), Member("model/", b"", b"5"),
        Member("sparse", b"", b"S", fields={483: b"%011o\0" % 2**33}), *members,
    ]  # fmt: skip
    members.insert(chance.randrange(len(members) + 1), chance.choice(more))
    return archive_of(members)


def left_out(chance: random.Random, shop: Workshop) -> bytes:
    members = shop.good.members
    gone = {*chance.sample(range(len(members)), chance.randrange(1, len(members)))}
    return archive_of([member for number, member in enumerate(members) if number not in gone])


# ----- the manifest and the signature


def changed_manifest(chance: random.Random, shop: Workshop) -> bytes:
    """Well-formed, with files that go with it: under the signature of the former."""
    good = shop.good
    files = dict(good.files) | {chance.choice([*good.files, "evil.py"]): chance.randbytes(chance.randrange(99))}
    manifests = [
        manifest_of(8, files), replace(good.manifest, version=chance.randrange(9, 10**6)),
        replace(good.manifest, devices=("door", f"x{chance.random()}")), replace(good.manifest, runs=("watch", "evil")),
        replace(good.manifest, name=f"n{chance.randrange(10**6)}"), manifest_of(chance.randrange(8, 10**6), files),
    ]  # fmt: skip
    manifest = chance.choice(manifests)
    content = files if manifest.files != good.manifest.files else good.files
    return archive_of(members_of(manifest.to_bytes(), good.signature, content))


def rewritten_manifest(chance: random.Random, shop: Workshop) -> bytes:
    """The same to a reader of JSON, or nearly so."""
    text = shop.good.manifest.to_bytes()
    place = chance.choice([number for number, sign in enumerate(text) if sign in b',:{}["'])
    changes = [
        text[:place] + chance.choice([b" ", b"\n", b"\t", b"  "]) + text[place:], text[:-1], text + b"\n",
        b"\xef\xbb\xbf" + text, text.decode().encode("utf-16"), text.replace(b"{", b'{"version":9,', 1),
        text[:-2] + b',"version":%d}\n' % chance.randrange(9, 10**6), text.replace(b'"door"', b'"\\u0064oor"'),
        text.replace(b'"size":0', b'"size":-0'), text.replace(b'"version":8', b'"version":8.0'), text * 2,
        text.replace(b'"version":8', b'"version":%de0' % chance.randrange(9, 10**6)),
    ]  # fmt: skip
    return archive_of(members_of(chance.choice(changes), shop.good.signature, shop.good.files))


def signed_by_others(chance: random.Random, shop: Workshop) -> bytes:
    """Another key, one of another kind, one that has expired or is not good yet, one that signed for something else."""
    members = chance.choice(shop.wrongly_signed).members
    if chance.random() < 0.7:
        return archive_of(members)
    return archive_of([*members[:2], *(_with_chance(chance, members[2:]))])


def signed_for_others(chance: random.Random, shop: Workshop) -> bytes:
    """By the right hand: an older version, other contents of a version that is here, a bundle for another device."""
    other = chance.choice(shop.rightly_signed)
    if chance.random() < 0.7:
        return archive_of(other.members)
    members = members_of(other.manifest.to_bytes(), other.signature, shop.good.files)
    return archive_of(_with_chance(chance, members))


def mixed(chance: random.Random, shop: Workshop) -> bytes:
    """Parts of bundles that are each rightly signed, put together anew."""
    first, second, third = (chance.choice([shop.good, *shop.rightly_signed]) for _ in range(3))
    if first is second:
        second = chance.choice(shop.wrongly_signed)
    return archive_of(_with_chance(chance, members_of(first.manifest.to_bytes(), second.signature, third.files)))


def changed_signature(chance: random.Random, shop: Workshop) -> bytes:
    good = shop.good
    found = Signature.from_bytes(good.signature)
    blob = base64.b64decode(b"".join(good.signature.split(b"\n")[1:-2]))
    number = (int.from_bytes(found.value[32:], "little") + ORDER).to_bytes(32, "little")
    place = chance.randrange(28, len(good.signature) - 28)
    stranger = chance.choice(shop.wrongly_signed).signature
    forms = [
        replace(found, value=_changed(chance, found.value)).to_bytes(), _armored(_changed(chance, blob)),
        replace(found, value=found.value[:32] + number).to_bytes(), replace(found, digest=b"sha256").to_bytes(),
        replace(found, key=chance.randbytes(32)).to_bytes(), replace(found, value=bytes(64)).to_bytes(),
        replace(found, value=chance.randbytes(64)).to_bytes(), good.signature + stranger, stranger + good.signature,
        good.signature[:place] + chance.choice([b"\n", b" ", b"\r", b"\0", b"="]) + good.signature[place:],
        good.signature + b"\n" * chance.randrange(1, 99), good.signature.replace(b"\n", b"\r\n"), stranger,
        _armored(blob.replace(b"\0\0\0\6sha512", b"\0\0\0\4none")), good.signature[:place], b"\n" + good.signature,
    ]  # fmt: skip
    return archive_of(members_of(good.manifest.to_bytes(), chance.choice(forms), good.files))


def unsigned(chance: random.Random, shop: Workshop) -> bytes:
    files = dict(shop.good.files) | {"words.toml": chance.randbytes(30)}
    manifest = manifest_of(chance.randrange(8, 10**6), chance.choice([files, shop.good.files]))
    content = files if manifest.files[0] == entry_of("words.toml", files["words.toml"]) else shop.good.files
    return archive_of(members_of(manifest.to_bytes(), b"", content))


KINDS = (
    changed_bit, changed_content, cut_off, appended, moved, swapped, renamed, of_another_kind, other_header, put_in,
    left_out, changed_manifest, rewritten_manifest, signed_by_others, signed_for_others, mixed, changed_signature,
    unsigned,
)  # fmt: skip


def tampered(count: int, shop: Workshop) -> list[tuple[str, bytes]]:
    """So many bundles, each another one, with what was done to it; none is the good one."""
    found = {archive_of(shop.good.members): ""}
    seed = 0
    while len(found) <= count:
        chance = random.Random(seed)
        kind = KINDS[seed % len(KINDS)]
        found.setdefault(kind(chance, shop), kind.__name__)
        seed += 1
    return [(name, data) for data, name in found.items() if name]


def _with(members: list[Member], place: int, **changes: object) -> list[Member]:
    return [*members[:place], replace(members[place], **changes), *members[place + 1 :]]  # type: ignore[arg-type]


def _with_chance(chance: random.Random, members: list[Member]) -> list[Member]:
    """Sometimes with a file of somebody's own in it, so that no two are the same."""
    place = len(members) - 1 - chance.randrange(min(len(members), 4))
    if members[place].name in (MANIFEST, SIGNATURE):
        return members
    return _with(members, place, content=chance.randbytes(chance.choice([len(members[place].content), 50])))


def _changed(chance: random.Random, data: bytes) -> bytes:
    place = chance.randrange(len(data))
    other = bytearray(data)
    other[place] ^= 1 << chance.randrange(8)
    return chance.choice(
        [bytes(other), bytes(other), data[:place] + data[place + 1 :], data[:place] + b"\0" + data[place:]]
    )


def _armored(blob: bytes) -> bytes:
    text = base64.b64encode(blob)
    lines = b"".join(text[start : start + 70] + b"\n" for start in range(0, len(text), 70))
    return b"-----BEGIN SSH SIGNATURE-----\n" + lines + b"-----END SSH SIGNATURE-----\n"
