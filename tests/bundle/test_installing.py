"""Installing on a device: what is taken and what is refused, the trial, and the way back."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from edgewright.bundle import Store
from edgewright.bundle.device import this_platform

from .devices import Device, label, small_bundle


class TestForward:
    def test_the_first_version_runs_as_its_manifest_says(self, running: Device, tmp_path: Path):
        bundle = small_bundle(tmp_path, 1)
        code, said = running.run("install", bundle, "--unsigned")
        assert [line["stage"] for line in said[:-1]] == ["verify", "unpack", "install", "check", "switch", "trial"]
        assert (code, said[-1]["state"], said[-1]["version"]) == (0, "healthy", label(bundle))
        assert (running.root / "starts").read_text() == f"{label(bundle)} watch agent.toml\n"
        assert running.current == label(bundle)
        assert json.loads((running.root / "highest.json").read_text())["version"] == 1
        assert running.status()["state"] == "healthy"
        assert not (running.root / "trial.json").exists()
        assert not (running.root / "previous").exists()

    def test_the_next_one_takes_its_place(self, running: Device, tmp_path: Path):
        first, second = small_bundle(tmp_path, 1), small_bundle(tmp_path, 2)
        assert running.install(first)[0] == 0
        assert running.install(second)[0] == 0
        assert running.starts == [label(first), label(second)]
        assert (running.root / "previous").readlink() == Path("versions", label(first))

    def test_what_is_there_already_is_not_installed_again(self, running: Device, tmp_path: Path):
        bundle = small_bundle(tmp_path, 1)
        assert running.install(bundle)[0] == running.install(bundle)[0] == 0
        assert running.starts == [label(bundle)]

    def test_without_a_launcher_one_is_started_that_stays(self, device: Device, tmp_path: Path):
        code, said = device.install(small_bundle(tmp_path, 1))
        assert (code, said["state"]) == (0, "healthy")
        assert "reboot" in said["notices"][0]
        assert device.run("status")[1][0]["launcher"] == int((device.root / "launcher.pid").read_text())

    def test_a_model_alone_needs_no_launcher_and_ends_what_ran(self, device: Device, tmp_path: Path):
        code, said = device.install(small_bundle(tmp_path, 1, runs=()))
        assert (code, said["state"], device.starts) == (0, "healthy", [])
        assert device.run("status")[1][0]["launcher"] is None
        device.boot()
        agent, model = small_bundle(tmp_path, 2), small_bundle(tmp_path, 3, runs=())
        assert device.install(agent)[0] == 0
        assert device.install(model)[0] == 0
        assert device.starts == [label(agent)]
        device.wait(lambda: not children(device))

    def test_two_versions_beside_the_running_one_are_kept(self, running: Device, tmp_path: Path):
        bundles = [small_bundle(tmp_path, version) for version in range(1, 6)]
        for bundle in bundles:
            assert running.install(bundle)[0] == 0
        assert sorted(path.name for path in (running.root / "versions").iterdir()) == [
            label(bundle) for bundle in bundles[-3:]
        ]

    def test_what_it_brings_for_the_device_counts_once_it_is_healthy(self, running: Device, tmp_path: Path):
        key = "door ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIU9fXKUUYmd7Ro0JtXXUeTlXYAUPxUPxjsqSGAnyZ4n\n"
        files = {"allowed_signers": key.encode(), "device.pyz": b"new"}
        (running.root / "device.pyz").write_bytes(b"old")
        assert running.install(small_bundle(tmp_path, 1, "dies", files=files))[0] == 1
        assert (running.root / "device.pyz").read_bytes() == b"old"
        assert not (running.root / "allowed_signers").exists()
        assert running.install(small_bundle(tmp_path, 2, files=files))[0] == 0
        assert (running.root / "device.pyz").read_bytes() == b"new"
        assert (running.root / "allowed_signers").read_text() == key
        code, said = running.install(small_bundle(tmp_path, 3))
        assert (code, said["kind"]) == (1, "SignatureError")


def children(device: Device) -> list[str]:
    launcher = (device.root / "launcher.pid").read_text().strip()
    return Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()


class TestBack:
    @pytest.mark.parametrize(
        ("behaves", "why"),
        [
            ("dies", "ended with exit code 1: the camera is on fire"),
            ("never reports", "did not report itself within 2 s"),
            ("dies later", "ended by signal 9"),
        ],
    )
    def test_what_does_not_work_gives_way_to_what_did(self, device: Device, tmp_path: Path, behaves, why):
        device.boot("--within", "2", "--steady", "0.3")
        running = device
        good, bad, better = small_bundle(tmp_path, 1), small_bundle(tmp_path, 2, behaves), small_bundle(tmp_path, 3)
        assert running.install(good)[0] == 0
        code, said = running.install(bad)
        assert (code, said["version"], said["state"]) == (1, label(bad), "rolled back")
        assert why in said["why"]
        assert running.current == label(good)
        running.wait(lambda: running.starts[-1] == label(good))
        assert running.starts[:2] == [label(good), label(bad)]
        assert running.status()["version"] == label(bad)
        assert json.loads((running.root / "highest.json").read_text())["version"] == 1
        assert running.install(better)[0] == 0
        assert running.starts[-1] == label(better)

    def test_the_first_one_of_all_leaves_nothing(self, running: Device, tmp_path: Path):
        code, said = running.install(small_bundle(tmp_path, 1, "dies"))
        assert (code, said["state"], running.current) == (1, "rolled back", None)
        assert running.install(small_bundle(tmp_path, 2))[0] == 0

    def test_one_that_fails_its_check_is_never_started(self, running: Device, tmp_path: Path):
        good = small_bundle(tmp_path, 1)
        running.install(good)
        code, said = running.install(small_bundle(tmp_path, 2, "fails its check"))
        assert code == 1
        assert "3 of 4 outputs differ" in said["error"]
        assert (running.starts, running.current) == ([label(good)], label(good))
        assert [path.name for path in (running.root / "versions").iterdir()] == [label(good)]

    def test_when_told_to(self, running: Device, tmp_path: Path):
        first, second = small_bundle(tmp_path, 1), small_bundle(tmp_path, 2)
        assert running.run("rollback")[1][-1]["error"].endswith("there is no earlier version here to go back to")
        running.install(first)
        running.install(second)
        code, said = running.run("rollback")
        assert (code, said[-1]["version"], said[-1]["state"]) == (0, label(first), "healthy")
        assert running.starts == [label(first), label(second), label(first)]
        assert running.run("rollback")[0] == 1
        code, said = running.install(small_bundle(tmp_path, 1, files={"more": b""}))
        assert (code, "version 1, and 2 was at work here" in said["error"]) == (1, True)
        third = small_bundle(tmp_path, 3)
        running.install(third)
        assert running.run("rollback")[1][-1]["version"] == label(first), "the second was gone back from"
        assert running.install(second, "--downgrade")[0] == 0

    def test_a_stubborn_one_is_ended_all_the_same(self, running: Device, tmp_path: Path):
        running.install(small_bundle(tmp_path, 1))
        running.install(small_bundle(tmp_path, 2, "stays"))
        stubborn = children(running)
        assert len(stubborn) == 1
        assert running.install(small_bundle(tmp_path, 3))[0] == 0
        assert children(running) != stubborn
        assert not Path(f"/proc/{stubborn[0]}").exists()


class TestRefused:
    def test_what_is_for_other_devices(self, running: Device, tmp_path: Path):
        bundle = small_bundle(tmp_path, 1, devices=("yard", "gate"))
        code, said = running.install(bundle)
        assert (code, "it is for yard, gate, and this device is called nothing yet" in said["error"]) == (1, True)
        assert running.run("name", "door,gate") == (0, [{"names": ["door", "gate"]}])
        assert running.install(bundle)[0] == 0
        assert running.run("name", "../up")[0] == 2

    @pytest.mark.parametrize("other", [{"machine": "riscv64"}, {"python": "3.9"}, {"libc": "glibc 9.1"}])
    def test_what_is_for_another_kind_of_device(self, device: Device, tmp_path: Path, other):
        code, said = device.install(small_bundle(tmp_path, 1, platform=replace(this_platform(), **other)))
        assert (code, f"is {next(iter(other.values()))} there and" in said["error"]) == (1, True)
        assert not list((device.root / "versions").iterdir())

    def test_an_older_one_unless_told(self, running: Device, tmp_path: Path):
        first, second = small_bundle(tmp_path, 1), small_bundle(tmp_path, 2)
        running.install(second)
        code, said = running.install(first)
        assert (code, "a later version than 2, or allow a downgrade" in said["error"]) == (1, True)
        assert running.install(first, "--downgrade")[0] == 0
        assert running.current == label(first)
        assert json.loads((running.root / "highest.json").read_text())["version"] == 2

    @pytest.mark.parametrize("noted", ["{", '{"version": "2"}', "[]", '{"version": null}'])
    def test_an_older_one_also_where_what_was_noted_is_damaged(self, device: Device, tmp_path: Path, noted: str):
        old, new = (small_bundle(tmp_path, version, runs=()) for version in (1, 2))
        assert device.install(new)[0] == 0
        (device.root / "highest.json").write_text(noted)
        code, said = device.install(old)
        assert (code, said["kind"]) == (1, "BundleError"), said
        assert device.run("ask")[1][-1]["highest"] == 2
        assert device.install(new)[0] == 0

    def test_an_unsigned_one_whose_digest_nobody_named(self, device: Device, tmp_path: Path):
        bundle = small_bundle(tmp_path, 1, runs=())
        assert "nobody can tell who made it" in device.run("install", bundle)[1][-1]["error"]
        assert device.run("install", bundle, "--digest", "0" * 64)[0] == 1
        digest = hashlib.sha256(bundle.read_bytes()[512:].split(b"\n")[0] + b"\n").hexdigest()
        assert device.run("install", bundle, "--digest", digest)[0] == 0

    def test_a_second_one_at_the_same_time(self, device: Device, tmp_path: Path):
        bundle = small_bundle(tmp_path, 1, runs=())
        with Store(device.root).locked("install", "nobody else is here"):
            code, said = device.install(bundle)
        assert (code, "another installation is at work here" in said["error"]) == (1, True)
        assert device.install(bundle)[0] == 0

    def test_errors_are_one_line_that_says_what_to_do(self, device: Device, tmp_path: Path):
        (tmp_path / "x.bundle").write_bytes(b"no bundle")
        for words in (("install", tmp_path / "x.bundle"), ("install", tmp_path / "missing"), ("rollback",)):
            code, said = device.run(*words)
            assert code == 1
            assert re.fullmatch(r"[^\n]{10,200}", said[-1]["error"])


class TestLauncher:
    def test_what_ends_is_started_again_with_a_pause(self, running: Device, tmp_path: Path):
        running.install(small_bundle(tmp_path, 1))
        (victim,) = children(running)
        subprocess.run(["kill", "-9", victim], check=True)
        running.wait(lambda: len(running.starts) == 2)
        assert "ended by signal 9; starting it again in 1 s" in running.log

    def test_it_ends_what_it_started_and_only_then_itself(self, running: Device, tmp_path: Path):
        running.install(small_bundle(tmp_path, 1))
        (child,) = children(running)
        assert running.off() == 0
        assert not Path(f"/proc/{child}").exists()

    def test_what_it_started_does_not_outlive_it(self, running: Device, tmp_path: Path):
        running.install(small_bundle(tmp_path, 1))
        (child,) = children(running)
        running.signal(signal.SIGKILL)
        running.wait(lambda: not Path(f"/proc/{child}").exists())

    def test_a_second_one_is_refused(self, running: Device):
        running.wait(lambda: (running.root / "launcher.pid").exists())
        code, said = running.run("launch")
        assert (code, "another launcher is at work here" in said[0]["error"]) == (1, True)

    def test_it_starts_anew_when_told(self, running: Device, tmp_path: Path):
        running.install(small_bundle(tmp_path, 1))
        running.signal(signal.SIGHUP)
        running.wait(lambda: len(running.starts) == 2)
