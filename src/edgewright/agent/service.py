"""Running under systemd: the unit that does it, and what the service manager is told."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

# Longer than the longest pause before a worker is replaced, and its start on a slow computer.
WATCHDOG_S = 300

# A manager that hangs takes no more messages once some wait for it, and would have whoever sends one wait for ever.
_PATIENCE_S = 1.0

_UNIT = """\
[Unit]
Description=Edgewright agent: {what}
After=network.target time-sync.target
# Whatever is not there yet, a camera or a broker, is waited for by the agent itself.

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
User={user}
WorkingDirectory={folder}
# EDGEWRIGHT_PASSWORD=… and the like, one a line, in a file of root's with mode 600; nothing is amiss without it.
EnvironmentFile=-/etc/edgewright/agent.env
Restart=always
RestartSec=5
TimeoutStartSec=120
TimeoutStopSec=30
WatchdogSec={watchdog}
NoNewPrivileges=yes
ProtectSystem=full
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
"""


def unit(arguments: Sequence[str], what: str) -> str:
    """The text of a unit that runs `edgewright watch` with these arguments, in the current folder, as this user."""
    from edgewright.bundle import unit_value, unit_word  # only for this, and not on the way of an agent

    return _UNIT.format(
        what=unit_value(what),
        command=" ".join(map(unit_word, [*_program(), "watch", *arguments])),
        user=getpass.getuser(),
        folder=unit_value(str(Path.cwd())),
        watchdog=WATCHDOG_S,
    )


def _program() -> list[str]:
    program = Path(sys.argv[0]).absolute()
    return [sys.executable, "-m", "edgewright"] if program.suffix == ".py" else [str(program)]


def notify(message: str) -> None:
    """Tell the service manager, where there is one: "READY=1", "WATCHDOG=1", "STOPPING=1". Source: sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    # A manager that does not listen is no reason to stop.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.settimeout(_PATIENCE_S)
        channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        channel.send(message.encode())
