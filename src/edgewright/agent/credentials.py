"""User names and passwords of sinks: from the environment or a private file, never from a command line, never shown.

Nor are they handed to a process that needs none, or left in the core file of a crash.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import stat
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from edgewright.errors import UsageError
from edgewright.spelling import argument

log = logging.getLogger(__name__)

USER, PASSWORD, TOKEN = "EDGEWRIGHT_USER", "EDGEWRIGHT_PASSWORD", "EDGEWRIGHT_TOKEN"

_BARE = ("http", "mqtt")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

# What the process that runs the model gets of our environment: how to find libraries and files, language, threads,
# memory. All else is left out, for any of it may be a password. What a plug-in's task wants to know are its options.
_HARMLESS = frozenset(
    "PATH HOME LANG LANGUAGE TZ TMPDIR TEMP TMP LD_LIBRARY_PATH LD_PRELOAD DYLD_LIBRARY_PATH VIRTUAL_ENV "
    "XDG_CACHE_HOME SYSTEMROOT WINDIR USERPROFILE LOCALAPPDATA PYTHONHOME PYTHONUTF8 PYTHONHASHSEED PYTHONMALLOC "
    "PYTHONFAULTHANDLER PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX PYTHONNOUSERSITE PYTHONWARNINGS GLIBC_TUNABLES "
    "CUDA_VISIBLE_DEVICES TF_CPP_MIN_LOG_LEVEL TF_NUM_INTRAOP_THREADS TF_NUM_INTEROP_THREADS TF_ENABLE_ONEDNN_OPTS "
    "EDGEWRIGHT_CACHE EDGEWRIGHT_RUNTIME".split()
)
_HARMLESS_FAMILIES = ("LC_", "OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "BLIS_", "VECLIB_", "MALLOC_", "OPENVINO_")

# prctl(2): whether a crash of this process may leave a core file, and others of the same user may look into it.
_PR_SET_DUMPABLE = 4

# As in "/user=admin_password=…_channel=1_stream=0.sdp": to the next name, or the next part.
_IN_PATH = re.compile(r"((?:pass(?:word|wd)?|pwd)=).*?(?=_[a-z]+=|[/&;,]|$)", re.IGNORECASE)

_KEYS = frozenset({"user", "password", "token", "ca", "certificate", "key"})


@dataclass(frozen=True)
class Credentials:
    """How a sink proves who it is.

    `user` and `password`; `token` for HTTP (`Authorization: Bearer`). `ca`: path of the certificates that the other
    side's is checked against, in place of the system's. `certificate` and `key`: paths of a client certificate.
    """

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None

    @classmethod
    def read(cls, path: Path | None, environment: Mapping[str, str] = os.environ) -> Credentials:
        """From a TOML file with those names; without one, what EDGEWRIGHT_USER, _PASSWORD and _TOKEN say.

        Never both: what the environment says may be for another host. Raises `UsageError` for a file that others can
        read, or that is not as described.
        """
        if path is not None:
            return cls(**_from_file(path))
        return cls(user=environment.get(USER), password=environment.get(PASSWORD), token=environment.get(TOKEN))

    @property
    def is_secret(self) -> bool:
        """Whether there is anything in it that only one other side may see."""
        return any((self.user, self.password, self.token))


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment the process that runs the model may know."""
    return {
        name: value
        for name, value in environment.items()
        if name.upper() in _HARMLESS or name.upper().startswith(_HARMLESS_FAMILIES)
    }


def leave_no_core() -> None:
    """Let this process leave no core file if it crashes: passwords and pictures are in its memory. Source: core(5)."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The limit does not hold for cores that are piped to a program, as on Ubuntu.
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _from_file(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            _refuse_open_file(path, os.fstat(file.fileno()))
            found = tomllib.loads(file.read().decode("utf-8-sig"))  # as editors on Windows write it
    except OSError as error:
        raise UsageError(f"{path}: the credentials cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The parser's message quotes no more than a position.
        raise UsageError(f"{path}: no sound TOML: {error}") from None
    if strange := sorted(found.keys() - _KEYS):
        raise UsageError(f"{path}: unknown {', '.join(strange)}. There are: {', '.join(sorted(_KEYS))}")
    if wrong := sorted(key for key, value in found.items() if not isinstance(value, str)):
        raise UsageError(f"{path}: {', '.join(wrong)}: expected text in quotation marks")
    return found


def refuse_others(path: Path) -> None:
    """Raise `UsageError` for a file with a password in it that other users can read."""
    _refuse_open_file(path, path.stat())


def _refuse_open_file(path: Path, status: os.stat_result) -> None:
    if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
        raise UsageError(f"{path}: other users can read these credentials. Run: chmod 600 {path}")


def refuse_sharing(credentials: Credentials, targets: Iterable[str]) -> None:
    """Raise `UsageError` where one user and password would be shown to several hosts."""
    addresses = [one for one in targets if "://" in one and not one.startswith("file:")]
    try:
        hosts = sorted({urlsplit(one).hostname or "" for one in addresses})
    except ValueError as error:  # an address may have a password in it, so that it is not repeated
        raise UsageError(f"an address of a sink or a broker: {error}. Write it like mqtts://host/topic") from None
    if credentials.is_secret and len(hosts) > 1:
        raise UsageError(
            f"{' and '.join(hosts)} would both get the same user and password. "
            "Describe the agent in a TOML file, where each sink can name its own credentials"
        )


def warn_if_bare(parts: SplitResult, credentials: Credentials) -> None:
    """Log it where a password would cross a network for everybody to read."""
    if credentials.is_secret and parts.scheme in _BARE and parts.hostname not in _LOOPBACK:
        log.warning("%s://%s: password or token go there unencrypted", parts.scheme, parts.hostname)


def has_password(url: str) -> bool:
    """Whether a password stands in a URL."""
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return False


def without_password(path: str) -> str:
    """The path of a URL, with dots in place of a password that the address of a camera has in it."""
    return _IN_PATH.sub(r"\1…", path)


def split_url(target: str) -> SplitResult:
    """The parts of a sink's URL; raises `UsageError` for one without a host, or with a password in it."""
    try:
        parts = urlsplit(target)
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"the address of a sink: {error}") from None
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            f"{parts.scheme}://…@{parts.hostname}: every user of the machine can see a password in a URL. "
            f"Put it into {USER} and {PASSWORD}, or a file for {argument('credentials')}"
        )
    if not parts.hostname:
        raise UsageError(f"{target}: no host. Write {parts.scheme}://host/…")
    return parts
