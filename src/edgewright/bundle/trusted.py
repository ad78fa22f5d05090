"""Which keys may sign what runs here: a file `allowed_signers` as OpenSSH has it, and until when each is good."""

from __future__ import annotations

import base64
import calendar
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from edgewright.bundle.wire import KIND, from_base64, key_of, packed
from edgewright.errors import BundleError
from edgewright.files import write_atomic

NAMESPACE = "edgewright-bundle"
"""What a signature has to be made for, so that one made for mail or for Git opens nothing here."""

ALLOWED_SIGNERS = "allowed_signers"
"""The file with the trusted keys: in the root of a device, and in a bundle that brings it others."""

MOST_TRUSTED_BYTES, _MOST_KEYS = 1 << 18, 500
_LATEST = 253_402_300_800  # the year 10000, which a line has no room for
_NAMES = re.compile(r"[A-Za-z0-9._@+-]{1,200}(,[A-Za-z0-9._@+-]{1,200})*")
_TIME = re.compile(r"(\d{8}|\d{12}|\d{14})(Z?)")
# ssh-keygen(1), "ALLOWED SIGNERS": names, options without blanks outside of quotes, the kind, the key, a remark.
_LINE = re.compile(
    r'(?P<names>[^\s"]+)[ \t]+(?:(?P<options>(?:[^\s"]|"[^"]*")+)[ \t]+)??'
    r"(?P<kind>[a-z0-9@.-]+)[ \t]+(?P<key>[A-Za-z0-9+/]+=*)(?:[ \t]+(?P<remark>.*))?"
)
_OPTION = re.compile(r'(?P<name>[A-Za-z-]+)="(?P<value>[^"]*)"(?:,(?!$)|$)')


@dataclass(frozen=True)
class TrustedKey:
    """An Ed25519 key (32 bytes) and whom it belongs to: a name, or several with commas between.

    `namespaces`: what its signatures may be for, empty for anything. `valid_after` and `valid_before`: in seconds since
    1970, both included; None for ever. Raises `BundleError`.
    """

    name: str
    key: bytes
    namespaces: tuple[str, ...] = (NAMESPACE,)
    valid_after: int | None = None
    valid_before: int | None = None
    remark: str = ""

    def __post_init__(self) -> None:
        for names in (self.name, *self.namespaces):
            if not _NAMES.fullmatch(names):
                raise BundleError(f"{names!r:.100} is no name", remedy="Use letters, digits and any of . _ @ + -")
        for limit in (self.valid_after, self.valid_before):
            if limit is not None and not 0 <= limit < _LATEST:
                raise BundleError(f"a key is good from 1970 to 9999; that of {self.name} has a time outside of that")
        if self.valid_after is not None and self.valid_before is not None and self.valid_after > self.valid_before:
            raise BundleError(f"the key of {self.name} is good after a time that lies behind the one it is good before")
        if not self.remark.isprintable():
            raise BundleError(f"the remark of the key of {self.name} is not one line of text")

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it: "SHA256:…"."""
        return "SHA256:" + base64.b64encode(sha256(packed(KIND, self.key)).digest()).decode().rstrip("=")

    @property
    def line(self) -> str:
        """Its line of `allowed_signers`; times in UTC."""
        options = [f'namespaces="{",".join(self.namespaces)}"'] if self.namespaces else []
        options += [
            f'{option}="{time.strftime("%Y%m%d%H%M%SZ", time.gmtime(value))}"'
            for option, value in (("valid-after", self.valid_after), ("valid-before", self.valid_before))
            if value is not None
        ]
        encoded = base64.b64encode(packed(KIND, self.key)).decode()
        return " ".join(part for part in (self.name, ",".join(options), KIND.decode(), encoded, self.remark) if part)

    def why_not(self, at: float) -> str:
        """Why it may not sign a bundle at this time; "" where it may."""
        if self.namespaces and NAMESPACE not in self.namespaces:
            return f"is trusted for {', '.join(self.namespaces)}, not for {NAMESPACE}"
        if self.valid_after is not None and at < self.valid_after:
            return f"is good only from {day(self.valid_after)} on, and here it is {day(at)}"
        if self.valid_before is not None and at > self.valid_before:
            return f"expired on {day(self.valid_before)}, and here it is {day(at)}"
        return ""


def day(at: float) -> str:
    """A time in UTC, as people read it."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))


def parse_trusted(text: str) -> tuple[TrustedKey, ...]:
    """The keys of a file `allowed_signers`.

    Only what can be told for sure is taken: plain names, the options `namespaces`, `valid-after` and `valid-before`,
    and Ed25519 keys. Raises `BundleError` with the line for all else, rather than to trust other keys than were meant.
    """
    lines = [(number, line.strip(" \t\r")) for number, line in enumerate(text.split("\n"), 1)]
    keys = tuple(_key_in(number, line) for number, line in lines if line and not line.startswith("#"))
    if len(keys) > _MOST_KEYS:
        raise BundleError(f"there are {len(keys)} trusted keys; at most {_MOST_KEYS} are read")
    return keys


def trusted_in(data: bytes) -> tuple[TrustedKey, ...]:
    """The keys in the bytes of such a file; raises `BundleError`, also for what is too long or no text."""
    if len(data) > MOST_TRUSTED_BYTES:
        raise BundleError(f"there are over {MOST_TRUSTED_BYTES:,} bytes of trusted keys")
    try:
        return parse_trusted(data.decode())
    except UnicodeDecodeError:
        raise BundleError("the trusted keys cannot be read: they are no text") from None


def read_trusted(path: Path) -> tuple[TrustedKey, ...]:
    """The keys that a file says are trusted; none where there is no file.

    Raises `BundleError` where it cannot be read or holds no key: it is damaged, and that must not count as no trust
    at all.
    """
    try:
        with path.open("rb") as stream:
            keys = trusted_in(stream.read(MOST_TRUSTED_BYTES + 1))
    except FileNotFoundError:
        if path.is_symlink():
            raise BundleError("it leads nowhere", where=str(path)) from None
        return ()
    except OSError as error:
        raise BundleError(f"the trusted keys cannot be read: {error.strerror}", where=str(path)) from None
    except BundleError as error:
        raise BundleError(str(error), where=str(path)) from None
    if not keys:
        raise BundleError("it names no key", where=str(path), remedy="Put a key into it, or remove it to trust none")
    return keys


def write_trusted(path: Path, keys: Sequence[TrustedKey]) -> None:
    """Write the file anew, whole or not at all. Raises `BundleError` for no keys and `OutputError`."""
    if not keys:
        raise BundleError(
            "the last trusted key cannot be taken away", where=str(path), remedy="Trust another one first"
        )
    write_atomic(path, trusted_text(keys).encode(), overwrite=True)


def roll_over(root: Path, version: Path) -> bool:
    """Trust from now on the keys that a version brought, in place of those that a device trusted; whether it did so.

    To be called once the version in this folder is healthy, again after a power cut. A version that brings none changes
    nothing. Raises `BundleError` and `OutputError`, and then nothing changed.
    """
    keys = read_trusted(version / ALLOWED_SIGNERS)
    if not keys or keys == read_trusted(root / ALLOWED_SIGNERS):
        return False
    write_trusted(root / ALLOWED_SIGNERS, keys)
    return True


def trusted_text(keys: Sequence[TrustedKey]) -> str:
    """All their lines."""
    return "".join(f"{key.line}\n" for key in keys)


def with_key(keys: Sequence[TrustedKey], key: TrustedKey) -> tuple[TrustedKey, ...]:
    """The keys and one more; where it is there already, what was said of it before no longer counts."""
    return (*(other for other in keys if other.key != key.key), key)


def parse_public(text: str) -> tuple[bytes, str]:
    """The key (32 bytes) and the remark of a file `.pub`; raises `BundleError` where it is no Ed25519 key."""
    parts = text.strip().split(None, 2)
    if len(parts) < 2 or "\n" in text.strip():
        raise BundleError("it is no public key of OpenSSH", remedy="Name the file that ends in .pub")
    try:
        return _key(*parts[:2]), parts[2] if len(parts) > 2 else ""
    except ValueError as error:
        raise BundleError(str(error)) from None


def parse_time(text: str) -> int:
    """Seconds since 1970 of a time as OpenSSH writes it: YYYYMMDD[HHMM[SS]][Z], with a Z in UTC, else local.

    Raises `ValueError`.
    """
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r:.40} is no time such as 20271231 or 20271231235959Z")
    digits, utc = match.groups()
    parts = time.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S")
    return calendar.timegm(parts) if utc else int(time.mktime(parts))


def _key_in(number: int, line: str) -> TrustedKey:
    match = _LINE.fullmatch(line)
    if not match:
        raise BundleError(f"line {number} is not one of allowed_signers: {line!r:.60}")
    try:
        options = dict(_options(match["options"] or ""))
        times = {
            name: parse_time(options[name]) if name in options else None for name in ("valid-after", "valid-before")
        }
        namespaces = tuple(options["namespaces"].split(",")) if "namespaces" in options else ()
        remark = (match["remark"] or "").strip()
        return TrustedKey(
            match["names"],
            _key(match["kind"], match["key"]),
            namespaces,
            times["valid-after"],
            times["valid-before"],
            remark,
        )
    except (ValueError, OverflowError, BundleError) as error:
        raise BundleError(f"line {number}: {error}") from None


def _options(text: str) -> Iterator[tuple[str, str]]:
    start, seen = 0, set[str]()
    while start < len(text):
        match = _OPTION.match(text, start)
        name = match["name"].lower() if match else ""
        if match is None or name not in ("namespaces", "valid-after", "valid-before") or name in seen:
            raise ValueError(f"the options {text!r:.60} are not understood")
        seen.add(name)
        yield name, match["value"]
        start = match.end()


def _key(kind: str, encoded: str) -> bytes:
    if kind.encode() != KIND:
        raise ValueError(f"a key of the kind {kind[:60]!r} is not trusted, only {KIND.decode()}")
    return key_of(from_base64(encoded.encode()))
