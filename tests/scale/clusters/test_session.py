"""A Ray of our own and its token; one that is not there, or lets in only those with its token: one line, at once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgewright.errors import ClusterError, MissingExtraError
from edgewright.scale import RayCrew
from edgewright.scale.clusters import session

# One Ray at a time: each starts half a dozen programs.
pytestmark = pytest.mark.xdist_group("ray")

PORT = 6399

TWO_HOMES = """
import os, sys
from edgewright.scale import RayCrew

if __name__ == "__main__":
    for home in sys.argv[1:]:
        os.environ["HOME"] = home
        with RayCrew.open(workers=1) as crew:
            assert "RAY_AUTH_TOKEN" in os.environ
        print([name for name in os.environ if "AUTH" in name], os.listdir(home))
"""

JOIN = """
import sys
from edgewright.scale import RayCrew

if __name__ == "__main__":
    try:
        with RayCrew.open(sys.argv[1]) as crew:
            print("joined")
    except Exception as problem:
        print(problem)
"""


def program(folder: Path, text: str, *arguments: object, **variables: object) -> str:
    """What a program of its own prints: what Ray knows of a token it keeps until the process ends."""
    (folder / "program.py").write_text(text)
    words = [sys.executable, str(folder / "program.py"), *map(str, arguments)]
    env = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def with_token(tmp_path: Path) -> Iterator[Path]:
    """A cluster on this machine that lets in only those who have its token, and the home where that lies."""
    pytest.importorskip("ray")
    home, ray = tmp_path / "home", str(Path(sys.executable).with_name("ray"))
    home.mkdir()
    env = {**os.environ, "HOME": str(home), "RAY_AUTH_MODE": "token"}
    subprocess.run([ray, "get-auth-token", "--generate"], env=env, capture_output=True, timeout=120, check=True)
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as sockets:  # their paths have to be short
        start = ["--head", "--port", str(PORT), "--num-cpus", "1", "--temp-dir", sockets, "--include-dashboard=false"]
        words = [ray, "start", *start, "--disable-usage-stats", "--block"]
        with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as head:
            assert any("Ray runtime started" in line for line in head.stdout)
            yield home
            head.terminate()
            head.communicate(timeout=60)


def test_an_address_where_nobody_listens_is_one_line():
    pytest.importorskip("ray")
    with pytest.raises(ClusterError, match=r"^Ray at 127\.0\.0\.1:9: it does not answer \(Connection refused\)\. See"):
        RayCrew.open("127.0.0.1:9").__enter__()
    with pytest.raises(ClusterError, match=r"^Ray at nowhere: that is no address\. Give HOST:PORT"):
        RayCrew.open("nowhere").__enter__()


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"Working on Ray needs .*pip install 'edgewright\[ray\]'"):
        RayCrew.open().__enter__()


@pytest.mark.extras
def test_a_ray_of_ours_keeps_its_token_to_itself(tmp_path):
    pytest.importorskip("ray")
    homes = [tmp_path / "one", tmp_path / "another"]
    for home in homes:
        home.mkdir()
    assert program(tmp_path, TWO_HOMES, *homes).splitlines() == ["[] []", "[] []"]


@pytest.mark.extras
def test_a_cluster_that_wants_a_token_is_joined_with_it_only(with_token, tmp_path):
    address = f"127.0.0.1:{PORT}"
    for variables in ({}, {"RAY_AUTH_MODE": "token"}):
        refused = program(tmp_path, JOIN, address, HOME=tmp_path, **variables)
        assert refused.startswith(f"Ray at {address}: it wants a token. Set RAY_AUTH_MODE=token, and put the token ")
        assert refused.count("\n") == 1
    assert program(tmp_path, JOIN, address, HOME=with_token, RAY_AUTH_MODE="token") == "joined\n"


def test_why_a_program_of_ray_ended_is_said(tmp_path):
    logs = tmp_path / "session_1" / "logs"
    logs.mkdir(parents=True)
    (logs / "raylet.err").write_text("a warning\n")
    assert session._failed(tmp_path) == ""
    (logs / "gcs_server.err").write_text("A bug in Ray. Check failed: has_token No token.\n*** Stack\nmain\n")
    assert session._failed(tmp_path) == "has_token No token."
