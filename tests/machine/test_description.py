"""The description of a machine, on trees of /proc and /sys as several machines have them, and on this one."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edgewright.machine import Machine, describe

PI4_CPUINFO = "".join(
    f"processor\t: {core}\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
    "CPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n\n"
    for core in range(4)
)
PI4 = {
    "proc/cpuinfo": PI4_CPUINFO + "Revision\t: c03114\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n",
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/meminfo": "MemTotal:        3885396 kB\nMemFree:          100000 kB\n",
    "proc/self/status": "Name:\tpython\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n",
    "proc/self/cgroup": "0::/user.slice/session-1.scope\n",
    "proc/sys/kernel/osrelease": "6.6.31+rpt-rpi-v8\n",
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    **{f"sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list": f"{core}\n" for core in range(4)},
    **{f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor": "ondemand\n" for core in range(4)},
}
X86_BLOCK = "processor\t: {0}\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz\n\n"
LAPTOP = {
    "proc/cpuinfo": "".join(X86_BLOCK.format(number) for number in range(8)),
    "proc/self/status": "Cpus_allowed_list:\t0-1,4\n",
    "proc/meminfo": "MemTotal:       16000000 kB\n",
    **{
        f"sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list": f"{number % 4},{number % 4 + 4}\n"
        for number in range(8)
    },
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
    "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "0\n",
    "sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count": "12\n",
}


def machine(root: Path, files: dict[str, str]) -> Machine:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return describe(root)


class TestRaspberryPi:
    def test_board_core_and_memory_are_named(self, tmp_path: Path) -> None:
        pi = machine(tmp_path, PI4)
        assert (pi.device, pi.cpu) == ("Raspberry Pi 4 Model B Rev 1.4", "Cortex-A72")
        assert (pi.logical_cores, pi.physical_cores, pi.usable_cores) == (4, 4, 4)
        assert pi.memory_bytes == 3885396 * 1024
        assert (pi.governor, pi.throttled) == ("ondemand", False)
        assert (pi.os, pi.kernel) == ("Debian GNU/Linux 12 (bookworm)", "6.6.31+rpt-rpi-v8")

    def test_summary_is_one_line_with_what_matters(self, tmp_path: Path) -> None:
        pi = replace(machine(tmp_path, PI4), python="3.11.2", python_bits=64)
        assert pi.summary() == (
            "Raspberry Pi 4 Model B Rev 1.4, Cortex-A72, 4 cores, 3.7 GiB of memory, Debian GNU/Linux 12 (bookworm), "
            "kernel 6.6.31+rpt-rpi-v8, Python 3.11.2, governor ondemand"
        )

    def test_32_bit_python_on_a_64_bit_kernel_shows(self, tmp_path: Path) -> None:
        assert "Python 3.11.2 (32 bits)" in replace(machine(tmp_path, PI4), python="3.11.2", python_bits=32).summary()

    @pytest.mark.parametrize(("state", "throttled"), [("50000", True), ("1", True), ("0x0", False), ("what", None)])
    def test_firmware_tells_about_throttling(self, tmp_path: Path, state: str, throttled: bool | None) -> None:
        files = PI4 | {"sys/devices/platform/soc/soc:firmware/get_throttled": state + "\n"}
        assert machine(tmp_path, files).throttled is throttled

    def test_throttled_shows_in_the_summary(self, tmp_path: Path) -> None:
        assert "throttled since its start" in replace(machine(tmp_path, PI4), throttled=True).summary()


class TestProcessors:
    def test_hyperthreads_are_not_cores_and_affinity_counts(self, tmp_path: Path) -> None:
        laptop = machine(tmp_path, LAPTOP)
        assert laptop.cpu == "Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz"
        assert (laptop.logical_cores, laptop.physical_cores, laptop.usable_cores) == (8, 4, 3)
        assert "8 cores (3 usable)" in laptop.summary()

    def test_governor_and_thermal_events_of_x86(self, tmp_path: Path) -> None:
        laptop = machine(tmp_path, LAPTOP)
        assert (laptop.governor, laptop.throttled) == ("powersave", True)

    def test_two_kinds_of_cores_are_both_named(self, tmp_path: Path) -> None:
        block = "processor\t: {}\nCPU implementer\t: 0x41\nCPU part\t: {}\n\n"
        text = block.format(0, "0xd03") + block.format(1, "0xd03") + block.format(2, "0xd09")
        assert machine(tmp_path, {"proc/cpuinfo": text}).cpu == "Cortex-A53 + Cortex-A73"

    def test_unknown_arm_core_is_given_by_number(self, tmp_path: Path) -> None:
        text = "processor\t: 0\nCPU implementer\t: 0x61\nCPU part\t: 0x022\n"
        assert machine(tmp_path, {"proc/cpuinfo": text}).cpu == "CPU implementer 0x61 part 0x22"

    def test_32_bit_kernel_names_the_core_too(self, tmp_path: Path) -> None:
        text = "processor\t: 0\nmodel name\t: ARMv7 Processor rev 4 (v7l)\nCPU implementer\t: 0x41\nCPU part\t: 0xd03\n"
        assert machine(tmp_path, {"proc/cpuinfo": text}).cpu == "Cortex-A53"

    def test_bare_linux_leaves_facts_out(self, tmp_path: Path) -> None:
        bare = machine(tmp_path, {"proc/cpuinfo": "what is this\n\n\n\0"})
        assert (bare.device, bare.physical_cores, bare.memory_bytes, bare.governor, bare.throttled) == (None,) * 5
        assert bare.usable_cores >= 1
        assert bare.summary()

    def test_system_without_proc_leaves_facts_out(self, tmp_path: Path) -> None:
        nothing = describe(tmp_path)
        assert nothing.usable_cores >= 1
        assert nothing.os
        json.dumps(nothing.to_dict())


class TestContainers:
    def test_quota_and_limit_of_cgroup_v2_are_the_tightest_on_the_way_up(self, tmp_path: Path) -> None:
        base = "sys/fs/cgroup"
        limits = {
            f"{base}/user.slice/cpu.max": "150000 100000\n",
            f"{base}/user.slice/session-1.scope/cpu.max": "max 100000\n",
            f"{base}/user.slice/memory.max": "max\n",
            f"{base}/user.slice/session-1.scope/memory.max": "536870912\n",
        }
        pi = machine(tmp_path, PI4 | limits)
        assert (pi.cpu_quota, pi.usable_cores, pi.memory_limit_bytes) == (1.5, 2, 536870912)
        assert "3.7 GiB of memory (limit 0.5 GiB)" in pi.summary()

    def test_quota_and_limit_of_cgroup_v1_in_a_container(self, tmp_path: Path) -> None:
        limits = {
            "proc/self/cgroup": "5:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n0::/\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
        }
        pi = machine(tmp_path, PI4 | limits)
        assert (pi.cpu_quota, pi.usable_cores, pi.memory_limit_bytes) == (0.5, 1, 1073741824)

    def test_the_large_numbers_of_no_limit_are_no_limit(self, tmp_path: Path) -> None:
        limits = {
            "proc/self/cgroup": "5:memory:/\n3:cpu:/\nnonsense\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        }
        pi = machine(tmp_path, PI4 | limits)
        assert (pi.cpu_quota, pi.memory_limit_bytes) == (None, None)


class TestThisMachine:
    def test_own_facts_are_plausible_and_json(self) -> None:
        here = describe()
        assert here.python == platform.python_version()
        assert here.architecture == platform.machine()
        assert "edgewright" in here.libraries
        assert json.loads(json.dumps(here.to_dict())) == here.to_dict()
        assert "\n" not in here.summary()

    def test_description_validates_itself(self) -> None:
        with pytest.raises(ValueError, match="usable_cores: 0"):
            replace(describe(), usable_cores=0)

    def test_describing_imports_no_library(self) -> None:
        code = (
            "import sys; from edgewright.machine import describe; describe(); "
            "print([m for m in ('numpy', 'PIL', 'tensorflow', 'ai_edge_litert', 'keras') if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == "[]\n"


class TestRoom:
    def test_importing_the_room_loads_next_to_nothing(self) -> None:
        code = (
            "import sys; before = set(sys.modules); import edgewright.machine; "
            "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        loaded = set(json.loads(done.stdout.replace("'", '"')))
        assert not loaded & {"subprocess", "multiprocessing", "platform", "resource", "pickle", "numpy", "asyncio"}

    def test_names_are_right_in_whatever_order_they_are_asked_for(self) -> None:
        code = (
            "from edgewright.machine import Machine, Timing, describe, interleave, run_in_child, silent; "
            "assert isinstance(describe(), Machine) and callable(interleave) and callable(run_in_child); "
            "import edgewright.machine as m; assert all(getattr(m, name) is not None for name in m.__all__)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_unknown_name_is_an_attribute_error(self) -> None:
        import edgewright.machine

        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            edgewright.machine.nothing  # noqa: B018
