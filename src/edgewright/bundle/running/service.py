"""What keeps the launcher running: systemd as a service of its user, else a process of its own."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from edgewright.bundle.running.units import unit_value, unit_word
from edgewright.bundle.store import DEFAULT_ROOT, Store, write
from edgewright.errors import DeployError

ALONE = "EDGEWRIGHT_ALONE"
"""Where the environment has this, neither systemd nor cron is asked to keep the launcher running."""

_UNIT = """\
[Unit]
Description=Edgewright: what was deployed to {folder}
After=network.target time-sync.target

[Service]
Type=notify
NotifyAccess=all
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
Environment=PYTHONUNBUFFERED=1
EnvironmentFile=-{environment}
Restart=always
RestartSec=5
TimeoutStartSec=infinity
TimeoutStopSec=40
WatchdogSec=300
KillMode=mixed

[Install]
WantedBy=default.target
"""
_TIMEOUT_S, _START_S, _GLANCE_S = 30, 30.0, 0.05
_LOG_BYTES = 1_000_000


def unit(store: Store) -> str:
    """The text of the unit that runs the launcher, for the manager of its user."""
    return _UNIT.format(
        folder=unit_value(str(store.root)),
        command=" ".join(map(unit_word, program(store))),
        environment=unit_value(str(store.root / "environment")),
    )


def unit_name(store: Store) -> str:
    """What the unit is called: by the folder, where that is another one than usual."""
    if store.root == Path.home() / DEFAULT_ROOT:
        return "edgewright.service"
    return f"edgewright-{hashlib.sha256(str(store.root).encode()).hexdigest()[:8]}.service"


def program(store: Store) -> list[str]:
    """The command that is the launcher."""
    own = Path(sys.argv[0]).absolute()
    if store.program.is_file():
        start = [str(store.program)]
    else:
        start = [str(own)] if own.suffix == ".pyz" else ["-m", "edgewright.bundle"]
    return [sys.executable, *start, "--root", str(store.root), "launch"]


def is_usable() -> bool:
    """Whether a manager of this user's services is at work."""
    if ALONE in os.environ or shutil.which("systemctl") is None:
        return False
    return _systemctl("show-environment") == ""


def keep_running(store: Store) -> list[str]:
    """Start the launcher where none is at work, so that it is started again after a reboot; what is to be said of that.

    Raises `DeployError` where it does not start.
    """
    if store.launcher() is not None:
        return []
    said = _by_systemd(store) if is_usable() else None
    if said is None:
        said = _alone(store)
    end = time.monotonic() + _START_S
    while store.launcher() is None:
        if time.monotonic() > end:
            raise DeployError("the launcher does not start", where=str(store.root), remedy=f"Look into {_log(store)}")
        time.sleep(_GLANCE_S)
    return said


def take_up(store: Store) -> list[str]:
    """Have the launcher take up what is current now; it is started where none is at work."""
    running = store.launcher()
    if running is None:
        return keep_running(store)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it ended, and its number is another's
        os.kill(running, signal.SIGHUP)
    return []


def _by_systemd(store: Store) -> list[str] | None:
    """Have systemd do it; None where it does not."""
    name, folder = unit_name(store), _config() / "systemd" / "user"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / name, unit(store).encode())
    for words in (("daemon-reload",), ("enable", name), ("start", "--no-block", name)):
        if _systemctl(*words):
            return None
    return _linger()


def _linger() -> list[str]:
    """Services of a user end when the last session does, unless systemd is told otherwise."""
    user = getpass.getuser()
    if Path(f"/var/lib/systemd/linger/{user}").exists() or _run("loginctl", "enable-linger", user) == "":
        return []
    return [f"It ends when {user} logs out, and starts when {user} logs in. Run: sudo loginctl enable-linger {user}"]


def _alone(store: Store) -> list[str]:
    """A session of its own, which ends with the machine; cron starts it with that, where there is cron."""
    trim_log(store)
    with _log(store).open("ab") as output:
        subprocess.Popen(
            program(store),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=store.root,
            start_new_session=True,
        )
    if ALONE not in os.environ and _by_cron(store):
        return ["systemd does not keep it running for this user: cron starts it after a reboot"]
    return ["Nothing starts it after a reboot: there is no systemd for this user"]


def _by_cron(store: Store) -> bool:
    if shutil.which("crontab") is None:
        return False
    line = f"@reboot {shlex.join(program(store))} >>{shlex.quote(str(_log(store)))} 2>&1".replace("%", "\\%").encode()
    try:
        before = _crontab("-l")
        if before.returncode and b"no crontab" not in before.stderr:
            return False  # there may be one, which would be lost
        table = b"" if before.returncode else before.stdout
        if line in table.splitlines():
            return True
        table += b"" if not table or table.endswith(b"\n") else b"\n"
        return _crontab("-", table + line + b"\n").returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _crontab(word: str, table: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(
        ["crontab", word], input=table, env=environment, capture_output=True, timeout=_TIMEOUT_S, check=False
    )


def trim_log(store: Store) -> None:
    """Begin the launcher's log anew where it has become long; whoever writes to it goes on in the same file."""
    log = _log(store)
    with contextlib.suppress(OSError):
        if log.stat().st_size > _LOG_BYTES:
            shutil.copyfile(log, log.with_suffix(".old"))
            os.truncate(log, 0)


def _log(store: Store) -> Path:
    return store.root / "launcher.log"


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _systemctl(*words: str) -> str:
    return _run("systemctl", "--user", *words)


def _run(*words: str) -> str:
    """What went wrong, "" where nothing did."""
    environment = {**os.environ}
    runtime = Path(f"/run/user/{os.getuid()}")
    if "XDG_RUNTIME_DIR" not in environment and runtime.is_dir():
        environment["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"
