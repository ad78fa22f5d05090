"""Fetching LiteRT for browsers: only when asked, from the registry that npm is set to, and only what was published."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.pages import served
from edgewright.deploy.browser import Package, fetch_runtime, runtime_files
from edgewright.deploy.browser.runtime import PACKAGES, registry
from edgewright.errors import HubError

FILES = {"package.json": b"{}", "dist/index.js": b"export {};"}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "npm_config_registry", "NPM_CONFIG_REGISTRY", "npm_config_userconfig"):
        monkeypatch.delenv(name, raising=False)


def published(folder: Path, files: dict[str, bytes] = FILES) -> Package:
    """A package in a registry that is a folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    data = stream.getvalue()
    path = folder / "@made/up/-/up-1.0.0.tgz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    return Package("@made/up", "1.0.0", len(data), digest, tuple(files))


def test_nothing_is_fetched_unasked():
    with pytest.raises(HubError, match=r"not on this machine yet\. To fetch it, run: edgewright export --setup web"):
        runtime_files()


def test_what_is_fetched_is_there_without_the_network(tmp_path, monkeypatch):
    package = published(tmp_path)
    with served(tmp_path) as url:
        monkeypatch.setenv("npm_config_registry", url)
        fetch_runtime(packages=(package,))
    fetch_runtime(packages=(package,))
    assert runtime_files((package,)) == {f"up/{path}": content for path, content in FILES.items()}


def test_another_archive_than_was_published_is_thrown_away(tmp_path, monkeypatch):
    package = published(tmp_path)
    path = tmp_path / "@made/up/-/up-1.0.0.tgz"
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(data)
    with served(tmp_path) as url:
        monkeypatch.setenv("npm_config_registry", url)
        with pytest.raises(HubError, match="not the one that npm published"):
            fetch_runtime(packages=(package,))
    with pytest.raises(HubError, match="not on this machine yet"):
        runtime_files((package,))


def test_an_archive_that_was_damaged_in_the_cache_is_noticed_and_fetched_again(tmp_path, monkeypatch):
    package = published(tmp_path)
    with served(tmp_path) as url:
        monkeypatch.setenv("npm_config_registry", url)
        cached = fetch_runtime(packages=(package,)) / package.archive
        cached.write_bytes(cached.read_bytes()[:-1])
        with pytest.raises(HubError, match="To fetch it again, run: edgewright export --setup web"):
            runtime_files((package,))
        fetch_runtime(packages=(package,))
    assert set(runtime_files((package,))) == {"up/package.json", "up/dist/index.js"}


def test_a_registry_without_it_is_said_with_how_to_name_another(tmp_path, monkeypatch):
    package = replace(published(tmp_path), version="9.9.9")
    with served(tmp_path) as url:
        monkeypatch.setenv("npm_config_registry", url)
        with pytest.raises(HubError, match=r"404 .*npm_config_registry"):
            fetch_runtime(packages=(package,))


def test_the_registry_is_that_of_npm(tmp_path):
    home = Path.home()
    assert registry({}) == "https://registry.npmjs.org/"
    (home / ".npmrc").write_text("; mine\nregistry=https://one.example/npm\n//one.example/:_authToken=x\n")
    assert registry({}) == "https://one.example/npm/"
    assert registry({"npm_config_registry": "https://two.example/"}) == "https://two.example/"
    assert registry({"NPM_CONFIG_REGISTRY": "https://two.example"}) == "https://two.example/"
    (tmp_path / "other").write_text("@litertjs:registry=https://three.example\n")
    assert registry({"npm_config_userconfig": str(tmp_path / "other")}) == "https://three.example/"
    (home / ".npmrc").write_bytes(b"\xff\xfe")
    assert registry({}) == "https://registry.npmjs.org/"


def test_the_two_packages_are_of_one_version():
    assert len({package.version for package in PACKAGES}) == 1
    assert all(len(base64.b64decode(package.sha512)) == hashlib.sha512().digest_size for package in PACKAGES)
