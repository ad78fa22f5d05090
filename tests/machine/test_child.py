"""Work in a child process: its result, its failures, its limits, and that nothing of it is left."""

from __future__ import annotations

import array
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import child_functions as functions
import pytest

from edgewright.errors import (
    ChildCrashError,
    ChildMemoryError,
    ChildTimeoutError,
    FormatError,
    MissingExtraError,
    UsageError,
)
from edgewright.machine import run_in_child
from waiting import wait_for

HERE = Path(__file__).parent
linux = pytest.mark.skipif(sys.platform != "linux", reason="watches /proc")


def wait_until_gone(pids: list[int]) -> None:
    """A process lives on for a moment after it was killed."""
    wait_for(lambda: all(is_gone(pid) for pid in pids))


def is_gone(pid: int) -> bool:
    """No such process, or one that is dead and which nobody has collected."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


def pids_in(folder: Path) -> list[int]:
    wait_for((folder / "pids").exists, told=lambda: "the child never started")
    return [int(word) for word in (folder / "pids").read_text().split()]


def start_script(folder: Path, body: str) -> subprocess.Popen[str]:
    """A program of its own that calls `run_in_child`, read from its stdin as a frozen program or a REPL would."""
    script = f"import sys\nsys.path.insert(0, {str(HERE)!r})\n" + body
    process = subprocess.Popen(
        [sys.executable, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    assert process.stdin is not None
    process.stdin.write(script)
    process.stdin.close()
    process.stdin = None
    return process


HANG = """
from pathlib import Path
import child_functions
from edgewright.machine import run_in_child
run_in_child(child_functions.note_pids_and_hang, Path("."), hold_interpreter=HOLD)
"""


class TestResult:
    def test_arguments_and_result_cross(self) -> None:
        assert run_in_child(functions.add, 1, b=2) == 3

    def test_tens_of_megabytes_cross_both_ways(self) -> None:
        data = array.array("d", range(3_000_000)).tobytes()
        assert run_in_child(functions.double, data) == data * 2

    def test_partial_and_builtin_functions_can_be_sent(self) -> None:
        assert run_in_child(partial(functions.add, 5), b=6) == 11
        assert run_in_child(max, 3, 4) == 4

    def test_progress_arrives_in_order(self) -> None:
        seen: list[tuple[str, int, int]] = []
        assert run_in_child(functions.count, 3, progress=lambda *step: seen.append(step)) == "counted"
        assert seen == [("counting", 1, 3), ("counting", 2, 3), ("counting", 3, 3)]

    def test_function_without_progress_parameter_gets_none(self) -> None:
        assert run_in_child(functions.add, 1, progress=lambda *step: None) == 1

    def test_noise_of_every_kind_stays_in_the_child(self, capfd: pytest.CaptureFixture[str]) -> None:
        assert run_in_child(functions.talk_at_every_level, "noise") == "noise"
        assert capfd.readouterr() == ("", "")

    def test_exit_handlers_run(self, tmp_path: Path) -> None:
        run_in_child(functions.write_at_exit, tmp_path / "note")
        assert (tmp_path / "note").read_text() == "left in good order"

    def test_a_child_may_have_children(self) -> None:
        assert run_in_child(functions.call_in_grandchild, 4) == 5

    def test_several_threads_may_have_children_at_once(self) -> None:
        results: dict[int, int] = {}
        threads = [
            threading.Thread(target=lambda n=n: results.update({n: run_in_child(functions.add, n, b=1)}))
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == {0: 1, 1: 2, 2: 3, 3: 4}

    def test_no_thread_or_descriptor_is_left(self) -> None:
        def held() -> tuple[int, int]:
            return threading.active_count(), len(list(Path("/dev/fd").iterdir()))

        run_in_child(functions.add, 1)
        before = held()
        run_in_child(functions.add, 1)
        with pytest.raises(ChildCrashError):
            run_in_child(functions.abort)
        assert held() == before


class TestSurroundings:
    def test_child_is_fresh_and_does_not_import_the_caller(self) -> None:
        facts = run_in_child(functions.facts)
        assert facts["pid"] != os.getpid()
        assert facts["main"] is None
        assert facts["stdin"] == ""
        assert not {"pytest", "numpy", "multiprocessing"} & set(facts["modules"])

    def test_child_sees_the_caller_s_modules_and_no_others(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
        monkeypatch.chdir(tmp_path)
        facts = run_in_child(functions.facts)
        assert facts["path"] == [entry or str(tmp_path) for entry in sys.path]
        assert facts["cwd"] == str(tmp_path)

    def test_environment_is_quiet_unless_told_otherwise(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
        env = run_in_child(functions.facts, env={"EXTRA": "yes"})["env"]
        assert (env["TF_CPP_MIN_LOG_LEVEL"], env["CUDA_VISIBLE_DEVICES"], env["EXTRA"]) == ("3", "1", "yes")
        assert run_in_child(functions.facts, env={"TF_CPP_MIN_LOG_LEVEL": "0"})["env"]["TF_CPP_MIN_LOG_LEVEL"] == "0"

    def test_works_from_a_program_read_from_stdin(self, tmp_path: Path) -> None:
        body = "import child_functions\nfrom edgewright.machine import run_in_child\nprint('main')\n"
        process = start_script(tmp_path, body + "print(run_in_child(child_functions.add, 2, b=2))")
        assert process.communicate() == ("main\n4\n", "")

    def test_works_in_a_program_that_ignores_the_death_of_its_children(self, tmp_path: Path) -> None:
        body = "import child_functions, signal\nfrom edgewright.machine import run_in_child\n"
        body += (
            "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nprint(run_in_child(child_functions.call_in_grandchild, 2))"
        )
        assert start_script(tmp_path, body).communicate() == ("3\n", "")


class TestFailure:
    def test_our_error_comes_back_as_it_was(self) -> None:
        with pytest.raises(MissingExtraError) as caught:
            run_in_child(functions.raise_missing_extra)
        assert str(caught.value) == str(MissingExtraError("Converting a Keras model", "convert"))
        assert caught.value.extra == "convert"
        assert "raise_missing_extra" in str(caught.value.__cause__)

    def test_our_error_survives_a_constructor_and_an_attribute_that_pickle_cannot_take(self) -> None:
        with pytest.raises(functions.TwoPartError) as caught:
            run_in_child(functions.raise_two_parts)
        assert str(caught.value) == "x.tflite: broken at byte 7"
        assert caught.value.offset == 7
        assert isinstance(caught.value, FormatError)

    def test_error_of_an_unreachable_class_is_named(self) -> None:
        with pytest.raises(ChildCrashError, match="HereError: nobody knows my class"):
            run_in_child(functions.raise_private_error)

    def test_other_exception_is_named_with_the_log(self) -> None:
        with pytest.raises(ChildCrashError) as caught:
            run_in_child(functions.raise_value_error)
        first, *log = str(caught.value).splitlines()
        assert first.startswith("child_functions.raise_value_error raised ValueError: no such layer.")
        assert log == ["  first some words"]

    def test_result_that_cannot_be_pickled_is_a_crash(self) -> None:
        with pytest.raises(ChildCrashError, match=r"return_unpicklable raised .*(pickle|local object)"):
            run_in_child(functions.return_unpicklable)

    @pytest.mark.parametrize(
        ("function", "name"),
        [(functions.segfault, "SIGSEGV"), (functions.abort, "SIGABRT"), (functions.be_killed, "SIGKILL")],
    )
    def test_death_by_signal_is_named(self, function: Callable[[], None], name: str) -> None:
        with pytest.raises(ChildCrashError, match=f"died of {name}"):
            run_in_child(function)

    def test_tail_of_the_log_is_shown_without_terminal_codes(self) -> None:
        with pytest.raises(ChildCrashError) as caught:
            run_in_child(functions.abort)
        assert str(caught.value).splitlines()[1:] == ["  on stdout [31mred", "  Check failed: a == b"]

    def test_only_the_end_of_a_long_log_is_kept(self) -> None:
        with pytest.raises(ChildCrashError) as caught:
            run_in_child(functions.talk_a_lot, 20)
        assert str(caught.value).endswith("the end")
        assert len(str(caught.value)) < 20_000

    @pytest.mark.parametrize("code", [0, 3])
    def test_exit_without_a_result_is_a_crash(self, code: int) -> None:
        with pytest.raises(ChildCrashError, match=f"exit code {code} before"):
            run_in_child(functions.exit_silently, code)

    def test_sys_exit_is_a_crash_with_its_words(self) -> None:
        with pytest.raises(ChildCrashError, match="told to go"):
            run_in_child(functions.system_exit)

    def test_interpreter_that_cannot_start_is_a_crash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(ChildCrashError, match=r"exit code 1 (.|\n)*encodings"):
            run_in_child(functions.add, 1, env={"PYTHONHOME": "/nowhere"})

    def test_function_of_main_lambda_and_local_function_are_refused(self) -> None:
        def local() -> None: ...

        for function in (local, lambda: None):
            with pytest.raises(UsageError, match="not importable by name"):
                run_in_child(function)

    def test_arguments_that_cannot_be_pickled_are_refused(self) -> None:
        with pytest.raises(UsageError, match="arguments cannot be pickled"):
            run_in_child(functions.add, threading.Lock())

    def test_error_in_the_callers_progress_ends_the_child(self) -> None:
        def fail(step: str, done: int, total: int) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            run_in_child(functions.count, 100_000, progress=fail)


class TestLimits:
    @linux
    def test_hang_is_ended_with_its_grandchildren(self, tmp_path: Path) -> None:
        with pytest.raises(ChildTimeoutError, match="longer than 2 s"):
            run_in_child(functions.note_pids_and_hang, tmp_path, timeout=2)
        wait_until_gone(pids_in(tmp_path))

    @linux
    def test_hang_that_holds_the_interpreter_lock_is_ended(self, tmp_path: Path) -> None:
        with pytest.raises(ChildTimeoutError):
            run_in_child(functions.note_pids_and_hang, tmp_path, hold_interpreter=True, timeout=2)
        wait_until_gone(pids_in(tmp_path))

    @linux
    def test_memory_limit_ends_the_child(self) -> None:
        with pytest.raises(ChildMemoryError, match="over the limit of 100 MiB"):
            run_in_child(functions.eat, 200, memory=100 * 2**20, timeout=60)

    @linux
    def test_memory_of_grandchildren_counts(self) -> None:
        with pytest.raises(ChildMemoryError):
            run_in_child(functions.eat, 60, processes=3, memory=100 * 2**20, timeout=60)

    @linux
    def test_reserved_addresses_are_no_memory(self) -> None:
        assert run_in_child(functions.reserve_without_using, 64, memory=100 * 2**20) == "reserved"

    @pytest.mark.parametrize("limit", [{"timeout": 0}, {"timeout": float("nan")}, {"memory": 0}])
    def test_senseless_limit_is_refused(self, limit: dict[str, int]) -> None:
        with pytest.raises(UsageError, match="above 0"):
            run_in_child(functions.add, 1, **limit)


@linux
class TestNothingIsLeft:
    def test_grandchild_of_a_good_child_is_ended(self, tmp_path: Path) -> None:
        wait_until_gone([run_in_child(functions.leave_grandchild, tmp_path)])

    def test_grandchild_that_holds_the_pipes_does_not_hide_a_crash(self) -> None:
        with pytest.raises(ChildCrashError, match="SIGABRT"):
            run_in_child(functions.crash_beside_grandchild, timeout=60)

    @pytest.mark.parametrize(
        ("end", "hold"), [(signal.SIGKILL, False), (signal.SIGKILL, True), (signal.SIGTERM, False)]
    )
    def test_child_and_grandchild_die_with_the_parent(self, tmp_path: Path, end: signal.Signals, hold: bool) -> None:
        parent = start_script(tmp_path, HANG.replace("HOLD", str(hold)))
        pids = pids_in(tmp_path)
        parent.send_signal(end)
        parent.communicate()
        wait_until_gone(pids)

    def test_ctrl_c_ends_all_and_is_raised_again(self, tmp_path: Path) -> None:
        parent = start_script(tmp_path, HANG.replace("HOLD", "True"))
        pids = pids_in(tmp_path)
        parent.send_signal(signal.SIGINT)
        _, errors = parent.communicate()
        assert errors.rstrip().endswith("KeyboardInterrupt")
        wait_until_gone(pids)

    def test_child_is_in_a_session_of_its_own(self) -> None:
        assert run_in_child(os.getsid, 0) != os.getsid(0)
