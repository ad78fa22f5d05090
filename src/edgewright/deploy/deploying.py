"""`deploy`: a model, or an agent with its models, onto a device; what came of it, and how long each step took."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edgewright.bundle import Platform, TrustedKey, check_names, check_version, trusted_text, with_key
from edgewright.deploy.keyring import trusted_keys
from edgewright.deploy.making import Bundle, make_bundle
from edgewright.deploy.packing.agent_settings import pack_settings
from edgewright.deploy.packing.debs import needs_debs
from edgewright.deploy.reaching import DEFAULT_ROOT, Device, Facts, connect
from edgewright.deploy.signing import public_of
from edgewright.errors import DeployError, UsageError
from edgewright.machine import Progress, silent
from edgewright.model import ModelLike
from edgewright.spelling import argument

HEALTHY = "healthy"

# What the installer's stages are called here.
_STAGES = {
    "verify": "verify",
    "unpack": "unpack",
    "install": "install",
    "check": "self-check",
    "switch": "switch",
    "trial": "trial",
}
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+|^[^A-Za-z0-9]+")


@dataclass(frozen=True)
class Deployment:
    """What came of it.

    `device`: where it is; `names`: what it and its groups are called. `before` and `after`: labels of the versions at
    work (None: none was). `state` is "healthy" or "rolled back", with the reason in `why`. `sent`: bytes that went
    over; `seconds` by step. `notices`: sentences about what else is to be known.
    """

    device: str
    names: tuple[str, ...]
    root: str
    bundle: Bundle | None
    before: str | None
    after: str | None
    state: str
    why: str
    sent: int
    seconds: Mapping[str, float]
    notices: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether the version that was meant is at work."""
        return self.state == HEALTHY

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `bundle` without the file, which is gone."""
        bundle = {key: value for key, value in self.bundle.to_dict().items() if key != "path"} if self.bundle else None
        return {**vars(self), "bundle": bundle, "healthy": self.healthy, "seconds": dict(self.seconds)}


def deploy(
    host: str,
    model: ModelLike | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    sign: str | os.PathLike[str] | None = None,
    version: int | None = None,
    name: str | None = None,
    groups: Sequence[str] | None = None,
    root: str = DEFAULT_ROOT,
    downgrade: bool = False,
    bundle: Bundle | None = None,
    lock: str | os.PathLike[str] | None = None,
    progress: Progress = silent,
) -> Deployment:
    """Bring a model, or the agent of a file `config` with its models, onto a device over SSH, and see that it works.

    `host`: "user@host", "host" or "user@host:port"; ssh connects with the user's own keys and configuration. A bundle
    is made for what the device says that it is, sent, verified, installed and checked there, and switched to; a version
    that does not prove itself is taken back by the device, with the old one at work again (`Deployment.state`).

    `sign`: a key of `keys()` or a file; at the first deployment the device comes to trust it, and from then on takes
    nothing else. `version` only grows on a device (default: the time in UTC), unless `downgrade` is said. `name`: what
    the device is called from now on, and the bundle is for; at first its own host name. `groups`: those that it belongs
    to from now on. `root`: the folder there. `bundle`: one that was made for such devices already, in place of `model`
    or `config`; it is not sent where it is at work.
    `lock`: the `lock.txt` of another version, whose wheels are taken, in place of the newest.
    Passwords that `config` names go to the device's folder `secrets` over SSH, and are in no bundle.

    Raises `DeployError` where the device cannot be reached, is full, has no Python of at least 3.11 or was cut off;
    `BundleError` and `SignatureError` where it refuses the bundle; and what `make_bundle` raises.

    >>> done = ew.deploy("pi@door.local", config="agent.toml", sign="desk")  # doctest: +SKIP
    >>> done.state, done.after  # doctest: +SKIP
    ('healthy', '20261130051306-7eee39bb1985')
    """
    if bundle is None and (model is None) == (config is None):
        raise UsageError(f"give either a model or {argument('config', 'agent.toml')}")
    check_names([*([name] if name else []), *(groups or ())])
    check_version(version)
    _refuse_early(bundle, config, sign)
    steps = _Steps(progress)
    with steps("connect"), connect(host) as connection:
        device = Device(connection, root)
        steps.next("ask")
        known = device.known(progress)
        facts = replace(known, names=_names(device, known, name, groups))
        if known.keys and sign is None:
            raise UsageError(f"{device.name} takes only what is signed. Pass {argument('sign', 'KEY')}")
        if bundle is not None and _is_at_work(known, bundle):
            _trust_first(device, known, sign)
            sent, ended = _introduce(device, known, facts, bundle), {"state": HEALTHY, "why": "it is at work already"}
            return _deployment(device, facts, bundle, ended, facts.current, sent, steps)
        with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
            steps.next("bundle")
            bundle = bundle or make_bundle(
                folder, platform=facts.platform, model=model, config=config, version=_version(version, facts),
                devices=facts.names[:1], sign=sign, lock=lock,
                packages=device.packages(facts.platform), progress=progress,
            )  # fmt: skip
            _trust_first(device, known, sign)  # once there is what it then takes: a device does not forget a key
            steps.next("upload")
            sent = _send(device, bundle, progress)
            with _uploaded(device, bundle) as words:
                words += ["--downgrade"] if downgrade else []
                if known.verifies:
                    device.tell("verify", *words, "--names", ",".join(facts.names))
                sent += _introduce(device, known, facts, bundle)
                ended = device.tell("install", *words, stage=steps.stage)
        steps.next("")
        after = device.ask().current
    return _deployment(device, facts, bundle, ended, after, sent, steps)


def roll_back(host: str, *, root: str = DEFAULT_ROOT, progress: Progress = silent) -> Deployment:
    """Have a device go back to the version before the one at work. Raises `DeployError` where there is none."""
    steps = _Steps(progress)
    with steps("connect"), connect(host) as connection:
        device = Device(connection, root)
        facts = _known(device)
        ended = device.tell("rollback", stage=steps.stage)
        steps.next("")
        after = device.ask().current
    return _deployment(device, facts, None, ended, after, 0, steps)


def device_status(host: str, *, root: str = DEFAULT_ROOT) -> dict[str, Any]:
    """What a device says of itself and of its versions, as plain values. Raises `DeployError`, also for no device."""
    with connect(host) as connection:
        device = Device(connection, root)
        facts = _known(device)
        return {
            "device": device.name,
            "root": device.root,
            **vars(facts),
            "platform": vars(facts.platform),
            **device.tell("status"),
        }


def device_platform(host: str, *, root: str = DEFAULT_ROOT) -> Platform:
    """What a device is, for a bundle that comes to it in another way; it is only asked. Raises `DeployError`."""
    with connect(host) as connection:
        return Device(connection, root).asked().platform


def device_packages(host: str, platform: Platform) -> str:
    """What `make_bundle` has to know of the packages on a device of this platform; "" where that is nothing."""
    if not needs_debs(platform):
        return ""
    with connect(host) as connection:
        return Device(connection).packages(platform)


@dataclass
class _Steps:
    """Which step is at work, and how long each took; told to `progress` as steps without parts."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    _current: str = ""
    _since: float = 0.0

    @contextmanager
    def __call__(self, first: str) -> Iterator[None]:
        self.next(first)
        yield
        self.next("")

    def next(self, step: str) -> None:
        now = time.monotonic()
        if self._current:
            self.seconds[self._current] = round(self.seconds.get(self._current, 0.0) + now - self._since, 3)
            self.progress(self._current, 1, 1)
        self._current, self._since = step, now
        if step:
            self.progress(step, 0, 0)

    def stage(self, stage: str) -> None:
        """A stage of the installer."""
        self.next(_STAGES.get(stage, stage))


def _refuse_early(
    bundle: Bundle | None, config: str | os.PathLike[str] | None, key: str | os.PathLike[str] | None
) -> None:
    """Raise what is wrong with an agent's file, its models and the key before a device is asked for anything."""
    if bundle is None and config is not None:
        pack_settings(Path(config))
    if key is not None:
        public_of(key)


def _known(device: Device) -> Facts:
    if not device.there():
        raise DeployError(
            f"nothing was deployed to {device.root}", where=device.name, remedy="Name its root, or deploy"
        )
    return device.ask()


def _is_at_work(facts: Facts, bundle: Bundle) -> bool:
    return facts.current == bundle.manifest.label and (facts.launcher or not bundle.manifest.runs)


def _names(device: Device, facts: Facts, name: str | None, groups: Sequence[str] | None) -> tuple[str, ...]:
    """What it and its groups are to be called; one that has no name yet as it calls itself in its network."""
    own = facts.names[0] if facts.names else _NO_NAME.sub("", device.hostname.partition(".")[0]) or "device"
    return tuple(dict.fromkeys((name or own, *(facts.names[1:] if groups is None else groups))))


def _trust_first(device: Device, facts: Facts, key: str | os.PathLike[str] | None) -> None:
    """Have a device that trusts no key trust the first one."""
    if key is not None and not facts.keys:
        device.send(_trusted_with(key).encode(), "incoming/allowed_signers")
        device.tell("trust", f"{device.root}/incoming/allowed_signers")
        device.remove("incoming/allowed_signers")


def _introduce(device: Device, known: Facts, facts: Facts, bundle: Bundle) -> int:
    """Give the device its names, and the passwords that go with a bundle that it takes; how many bytes went over."""
    if facts.names != known.names:
        device.tell("name", *facts.names)
    return sum(device.send(content, f"secrets/{name}", mode=0o600) for name, content in bundle.secrets.items())


def _trusted_with(key: str | os.PathLike[str]) -> str:
    """The keys that devices are to trust, the one that signs among them."""
    known: Sequence[TrustedKey] = trusted_keys()
    file, own, remark = public_of(key)
    if own not in [trusted.key for trusted in known]:
        known = with_key(known, TrustedKey(_NO_NAME.sub("-", file.stem).strip("-") or "first", own, remark=remark))
    return trusted_text(known)


def _version(version: int | None, facts: Facts) -> int:
    """The one that is asked for, else the time in UTC: a desk whose clock is behind goes on from the device's last."""
    if version is not None:
        return version
    return max(int(time.strftime("%Y%m%d%H%M%S", time.gmtime())), facts.highest + 1)


def _send(device: Device, bundle: Bundle, progress: Progress) -> int:
    return device.send(bundle.path, _incoming(bundle), progress=progress)


@contextmanager
def _uploaded(device: Device, bundle: Bundle) -> Iterator[list[str]]:
    """What the installer is told of an upload, which is not kept."""
    try:
        unsigned = [] if bundle.signed else ["--digest", bundle.manifest.digest]
        yield [f"{device.root}/{_incoming(bundle)}", *unsigned]
    finally:
        if device.connection.stands:
            device.remove(_incoming(bundle))


def _incoming(bundle: Bundle) -> str:
    return f"incoming/{bundle.path.name}"


def _deployment(
    device: Device,
    facts: Facts,
    bundle: Bundle | None,
    ended: Mapping[str, Any],
    after: str | None,
    sent: int,
    steps: _Steps,
) -> Deployment:
    return Deployment(
        device=device.name,
        names=facts.names,
        root=device.root,
        bundle=bundle,
        before=facts.current,
        after=after,
        state=str(ended.get("state", "")),
        why=str(ended.get("why", "")),
        sent=sent,
        seconds=steps.seconds,
        notices=tuple(map(str, ended.get("notices", ()))),
    )
