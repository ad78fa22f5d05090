"""Running under systemd: the unit that does it, and what the service manager is told."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

# Longer than the longest pause before a worker is replaced, and its start on a slow computer.
WATCHDOG_S = 300

_UNIT = """\
[Unit]
Description=Edgewright agent: {what}
Documentation=https://github.com/edgewright/edgewright
After=network.target time-sync.target
# Whatever is not there yet, a camera or a broker, is waited for by the agent itself.

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
WorkingDirectory={folder}
# User names and passwords of the sinks, one NAME=value a line, mode 600; left out where there is none.
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
    """The text of a unit that runs `edgewright watch` with these arguments, in the current folder."""
    command = shlex.join([str(Path(sys.argv[0]).absolute()), "watch", *arguments])
    # systemd takes a percent sign for the beginning of a name of its own, systemd.unit(5).
    return _UNIT.format(
        what=what.replace("%", "%%"), command=command.replace("%", "%%"), folder=Path.cwd(), watchdog=WATCHDOG_S
    )


def notify(message: str) -> None:
    """Tell the service manager, where there is one: "READY=1", "WATCHDOG=1", "STOPPING=1". Source: sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        channel.send(message.encode())
