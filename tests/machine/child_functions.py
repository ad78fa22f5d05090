"""What the tests of `run_in_child` run in a child; importable without pytest."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from edgewright.errors import ConversionError, DelegateError, FormatError, MissingExtraError, UsageError
from edgewright.machine import Progress, run_in_child


class TwoPartError(FormatError):
    def __init__(self, file: str, offset: int) -> None:
        super().__init__(f"{file}: broken at byte {offset}")
        self.offset = offset
        self.lock = threading.Lock()


def add(a: int, b: int = 0) -> int:
    return a + b


def double(data: bytes) -> bytes:
    return data * 2


def facts() -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "main": vars(sys.modules["__main__"]).get("__file__"),
        "env": dict(os.environ),
        "stdin": sys.stdin.read(),
        "cwd": str(Path.cwd()),
        "path": list(sys.path),
        "modules": sorted(sys.modules),
    }


def raise_missing_extra() -> None:
    raise MissingExtraError("Converting a Keras model", "convert")


def raise_two_parts() -> None:
    raise TwoPartError("x.tflite", 7)


def raise_value_error() -> None:
    print("first some words")
    raise ValueError("no such layer")


def raise_private_error() -> None:
    class HereError(FormatError):
        pass

    raise HereError("nobody knows my class")


def return_unpicklable() -> object:
    return lambda: 1


def exit_silently(code: int) -> None:
    os._exit(code)


def system_exit() -> None:
    sys.exit("told to go")


def abort() -> None:
    os.write(1, b"on stdout \x1b[31mred\n")
    os.write(2, b"Check failed: a == b\n")
    os.abort()


def segfault() -> None:
    ctypes.string_at(0)


def be_killed() -> None:
    os.kill(os.getpid(), 9)


def talk_at_every_level(words: str) -> str:
    print(words, "print")
    os.write(1, f"{words} descriptor 1\n".encode())
    os.write(2, f"{words} descriptor 2\n".encode())
    subprocess.run(["echo", words, "grandchild"], check=True)
    return words


def talk_a_lot(megabytes: int) -> int:
    for _ in range(megabytes):
        os.write(2, b"x" * 1023 * 1024 + b"\n")
    os.write(2, b"the end\n")
    raise ValueError("too much said")


def note_pids_and_hang(folder: Path, hold_interpreter: bool = False) -> None:
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (folder / "pids.part").write_text(f"{os.getpid()} {grandchild.pid}")
    (folder / "pids.part").rename(folder / "pids")
    if hold_interpreter:
        ctypes.PyDLL(None).sleep(600)  # PyDLL keeps the interpreter lock, as a converter in C++ may
    time.sleep(600)


def leave_grandchild(folder: Path) -> int:
    pid = os.fork()
    if not pid:
        time.sleep(600)
    (folder / "pids").write_text(str(pid))
    return pid


def crash_beside_grandchild() -> None:
    if not os.fork():
        time.sleep(600)
    os.abort()


def eat(megabytes: int, processes: int = 1) -> None:
    for _ in range(processes - 1):
        if not os.fork():
            break
    block = bytearray(megabytes * 2**20)
    for start in range(0, len(block), 4096):
        block[start] = 1
    time.sleep(600)


def reserve_without_using(gigabytes: int) -> str:
    import mmap

    no_reserve = 0x4000  # MAP_NORESERVE, which the module has from Python 3.13 on
    mmap.mmap(-1, gigabytes * 2**30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | no_reserve)
    time.sleep(0.5)
    return "reserved"


def count(steps: int, progress: Progress) -> str:
    for step in range(steps):
        progress("counting", step + 1, steps)
    return "counted"


def write_at_exit(path: Path) -> None:
    import atexit

    atexit.register(path.write_text, "left in good order")


def call_in_grandchild(n: int) -> int:
    return run_in_child(add, n, b=1)


def fail_to_convert() -> None:
    raise ConversionError("it broke", where="m.keras", remedy="Use another")


def fail_as_the_system() -> None:
    """An error that is an OSError too, which takes its arguments another way."""
    raise DelegateError("it broke", where="m.keras", remedy="Use another")


def leave_with_code() -> None:
    print("died of SIGBUS, exit code 99", flush=True)
    os._exit(3)


def die_of_a_signal() -> None:
    print("died of SIGBUS, exit code 99", flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)


def raise_something() -> None:
    print("died of SIGBUS, exit code 99", flush=True)
    raise ZeroDivisionError


def serve_echoes(questions: Iterator[bytes], say: Callable[[bytes], None], before: bytes) -> None:
    for question in questions:
        if question == b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        if question == b"exit":
            print("last words", flush=True)
            os._exit(3)
        if question == b"raise":
            raise ValueError("a mistake")
        if question == b"refuse":
            raise UsageError("not this")
        say(before + question)
