"""The memory of a process group, read from a /proc of the test's own."""

from __future__ import annotations

from pathlib import Path

from edgewright.machine._limits import group_memory


def process(proc: Path, pid: int, group: int, name: str = "python", **kilobytes: int) -> None:
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "stat").write_text(f"{pid} ({name}) S 1 {group} {group} 0 -1 4194304\n")
    (folder / "status").write_text("Name:\tx\n" + "".join(f"{key}:\t{size:>8} kB\n" for key, size in kilobytes.items()))


def test_all_processes_of_the_group_count_and_no_others(tmp_path: Path) -> None:
    process(tmp_path, 10, 10, RssAnon=100, RssShmem=20, VmSwap=3)
    process(tmp_path, 11, 10, RssAnon=1000)
    process(tmp_path, 12, 12, RssAnon=99999)
    (tmp_path / "sys").mkdir()
    assert group_memory(10, tmp_path) == 1123 * 1024


def test_mapped_files_and_reserved_addresses_do_not_count(tmp_path: Path) -> None:
    process(tmp_path, 10, 10, VmSize=10**9, VmRSS=500, RssAnon=100, RssFile=400)
    assert group_memory(10, tmp_path) == 100 * 1024


def test_name_with_brackets_and_spaces_does_not_confuse(tmp_path: Path) -> None:
    process(tmp_path, 10, 10, name="a) S 1 (99 b", RssAnon=1)
    assert group_memory(10, tmp_path) == 1024


def test_process_that_ends_meanwhile_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "10").mkdir()
    assert group_memory(10, tmp_path) == 0
