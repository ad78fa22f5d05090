"""What a kind of device is to pip: the tags of the wheels that it takes, and the markers of requirements."""

from __future__ import annotations

import re
from collections.abc import Mapping

from edgewright.bundle import Platform
from edgewright.errors import DeployError

ARM_32 = ("armv7l", "armv8l")
"""Machines without wheels of NumPy and Pillow: their Debian has both."""

# PEP 600: glibc 2.17 is manylinux2014, which the first wheels for other processors than Intel's were built for.
_OLDEST, _OLDEST_X86 = 17, 5
_LIBC = re.compile(r"glibc 2\.(\d{1,2})(\.\d+)?")


def options_of(platform: Platform) -> list[str]:
    """Which wheels a platform takes, as options of pip: every glibc up to its own, for each tag is taken by the letter.

    Raises `DeployError` for a system without the GNU C library, which the runtime is built for.
    """
    match = _LIBC.fullmatch(platform.libc)
    if match is None:
        raise DeployError(
            f"the device has {platform.libc}; the runtime is built for glibc", remedy="Take a system with it, as Debian"
        )
    machine = "armv7l" if platform.machine in ARM_32 else platform.machine
    oldest = _OLDEST_X86 if machine == "x86_64" else _OLDEST
    names = [f"manylinux_2_{minor}_{machine}" for minor in range(int(match[1]), oldest - 1, -1)]
    names += [f"manylinux2014_{machine}", f"linux_{machine}"]
    own = [word for name in names for word in ("--platform", name)]
    return [*own, "--implementation", "cp", "--python-version", platform.python]


def markers_of(platform: Platform) -> Mapping[str, str]:
    """Markers (PEP 508) of a platform. Of its Python the first release is taken: what old ones need harms no other."""
    first = f"{platform.python}.0"
    return {
        "implementation_name": "cpython",
        "implementation_version": first,
        "os_name": "posix",
        "platform_machine": platform.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": first,
        "python_version": platform.python,
        "sys_platform": "linux",
    }
