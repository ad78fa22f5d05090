"""A real sshd on loopback, with keys, a client's configuration and an environment of its own."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from waiting import takes_connections, wait_for

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass
class Device:
    """An sshd that runs: `destination` is what a user would type, `ssh` what EDGEWRIGHT_SSH has to say."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def destination(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def ssh(self) -> str:
        return f"ssh -F {shlex.quote(str(self.folder / 'ssh_config'))}"

    @property
    def root(self) -> Path:
        """A folder to deploy into."""
        return self.folder / "root"

    def sessions(self) -> list[int]:
        """Processes of sshd that serve a connection, the youngest last."""
        found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
        parents = {int(child): int(parent) for child, parent in zip(found[::2], found[1::2], strict=True)}
        return sorted(child for child in parents if parents[child] == self.process.pid)

    def cut(self) -> None:
        """End all connections as a pulled cable does, for the server: at once."""
        for session in self.sessions():
            with contextlib.suppress(ProcessLookupError):
                os.kill(session, signal.SIGKILL)


@contextlib.contextmanager
def running(folder: Path, environment: dict[str, str] | None = None) -> Iterator[Device]:
    """Start one in a folder; it ends with the block. `environment`: what its sessions have beside the usual."""
    if SSHD is None:
        hint = "sshd is missing: apt-get install openssh-server"
        pytest.fail(hint) if os.environ.get("CI") else pytest.skip(hint)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("host", "user"):
        new_key(folder / name)
    port = _free_port()
    (folder / "authorized_keys").write_text((folder / "user.pub").read_text())
    (folder / "sshd_config").write_text(_server(folder, port, environment or {}))
    know(folder, port, folder / "host.pub")
    (folder / "ssh_config").write_text(_client(folder))
    with (folder / "sshd.log").open("ab") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log)
    device = Device(folder, port, process)
    try:
        _wait_for(device)
        yield device
    finally:
        device.cut()
        process.terminate()
        process.wait()


def new_key(path: Path) -> None:
    """An Ed25519 key without a passphrase."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)], check=True)


def know(folder: Path, port: int, public: Path) -> None:
    """Have the client know a host key, and no other one."""
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public.read_text()}")


def _server(folder: Path, port: int, environment: dict[str, str]) -> str:
    home = folder / "home"  # without the startup files of who runs the tests
    home.mkdir(exist_ok=True)
    given = " ".join(f'"{name}={value}"' for name, value in {"HOME": str(home), **environment}.items())
    lines = [
        f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {folder / 'host'}", "PidFile none", "StrictModes no",
        f"AuthorizedKeysFile {folder / 'authorized_keys'}", "PasswordAuthentication no", "PermitRootLogin yes",
        "KbdInteractiveAuthentication no", "UsePAM no", "MaxSessions 30", f"SetEnv {given}",
    ]  # fmt: skip
    return "\n".join([*lines, ""])


def _client(folder: Path) -> str:
    lines = [
        f"IdentityFile {folder / 'user'}", "IdentitiesOnly yes", "IdentityAgent none", "StrictHostKeyChecking yes",
        f"UserKnownHostsFile {folder / 'known_hosts'}", "GlobalKnownHostsFile /dev/null",
    ]  # fmt: skip
    return "\n".join([*lines, ""])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(device: Device) -> None:
    wait_for(
        lambda: takes_connections("127.0.0.1", device.port),
        process=device.process,
        told=(log := device.folder / "sshd.log").read_text,
    )
    assert device.process.poll() is None, log.read_text()
