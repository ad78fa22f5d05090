"""Locks as they are written and read, and what pip is told of another machine."""

from __future__ import annotations

import pytest

from edgewright.bundle import Platform
from edgewright.deploy.packing.locks import Pin, lock_text, read_lock
from edgewright.deploy.packing.tags import markers_of, options_of
from edgewright.errors import DeployError, UsageError

PI = Platform("aarch64", "3.11", "glibc 2.36")
PINS = (Pin("Zope.Name", "1.0+cpu", "a" * 64), Pin("click", "8.1", "b" * 64), Pin("pip", "26.0", "c" * 64))


def test_a_lock_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "lock.txt"
    path.write_text(lock_text(PINS, PI))
    assert {*read_lock(path)} == {*PINS}
    assert path.read_text().splitlines()[0] == "# Wheels for aarch64, Python 3.11, glibc 2.36"
    # What installs is not installed.
    assert [line.partition("==")[0] for line in path.read_text().splitlines()[1:]] == ["click", "# pip", "zope-name"]


def test_a_lock_that_pip_compile_made_is_read_where_it_names_one_wheel(tmp_path):
    path = tmp_path / "lock.txt"
    path.write_text(f"# by hand\nclick==8.1 \\\n    --hash=sha256:{'b' * 64}  # via edgewright\n\n")
    assert read_lock(path) == (PINS[1],)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("click>=8.1", "line 1: click>=8.1: no wheel with its digest"),
        ("\nclick==8.1", "line 2: click==8.1: no wheel"),
        (f"click==8.1 --hash=sha256:{'b' * 64} --hash=sha256:{'c' * 64}", "line 1"),
        ("-r other.txt", "line 1: -r other.txt"),
        (f"a==1 --hash=sha256:{'b' * 64}\nA==2 --hash=sha256:{'b' * 64}", "a is there twice"),
    ],
)
def test_what_is_no_lock_is_told_with_its_line(tmp_path, text, said):
    path = tmp_path / "lock.txt"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_lock(path)
    assert said in str(caught.value)


def test_there_has_to_be_a_lock(tmp_path):
    with pytest.raises(UsageError, match="the lock cannot be read: No such file"):
        read_lock(tmp_path / "lock.txt")


def test_every_tag_up_to_the_glibc_of_the_device_is_named():
    words = options_of(PI)
    platforms = [words[place + 1] for place, word in enumerate(words) if word == "--platform"]
    assert {f"manylinux_2_{minor}_aarch64" for minor in range(17, 37)} | {"manylinux2014_aarch64"} <= {*platforms}
    assert not [name for name in platforms if "2_37" in name]
    assert words[-4:] == ["--implementation", "cp", "--python-version", "3.11"]


def test_old_wheels_for_intel_are_found_and_a_64_bit_kernel_is_no_64_bit_python():
    assert "manylinux_2_5_x86_64" in options_of(Platform("x86_64", "3.12", "glibc 2.41"))
    assert "manylinux_2_17_armv7l" in options_of(Platform("armv8l", "3.11", "glibc 2.36"))
    assert markers_of(Platform("armv8l", "3.11", "glibc 2.36"))["platform_machine"] == "armv8l"


@pytest.mark.parametrize("libc", ["musl 1.2.4", "unknown", "glibc 3.0"])
def test_a_system_without_glibc_has_no_wheels(libc):
    with pytest.raises(DeployError, match="the runtime is built for glibc"):
        options_of(Platform("aarch64", "3.11", libc))
