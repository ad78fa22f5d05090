"""Fetching from the web: from a real server, which misbehaves in every way that servers do."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgewright import hub
from edgewright.errors import DataError, HubError, OutputError, UsageError
from edgewright.hub import cache
from edgewright.hub.model_entry import Entry
from edgewright.hub.origins.web import WebOrigin, mirrored
from edgewright.media import fetch_web
from edgewright.model import InputMetadata, ModelFile, OutputMetadata
from edgewright.task import task_names
from hub import web_server as manners
from hub.package_index import sha256
from hub.web_server import Web, serve_web

from .conftest import SHARED

PATH = "/models/little.tflite"
# Tests register others.
SHIPPED = hub.entries()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The host of all models, by way of a mirror; pauses between attempts are as good as none."""
    server, web = serve_web()
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EDGEWRIGHT_MIRROR", web.url)
    monkeypatch.setattr("edgewright.hub.downloading._PAUSE_S", 0.001)
    yield web
    web.gate.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def data(shared_file) -> bytes:
    return shared_file("models/mobilenet_v1_0.25_128_quant.tflite").read_bytes()


@pytest.fixture
def little(web: Web, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A model on the web whose size and SHA-256 are published."""
    web.files[PATH] = data
    origin = WebOrigin(url=f"https://models.example.com{PATH}", size=len(data), sha256=sha256(data))
    return known(monkeypatch, origin, len(data))


@pytest.fixture
def unpublished(little: Entry, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """The same, of which nobody published size and SHA-256."""
    return known(monkeypatch, WebOrigin(url=little.origin.title, limit=2 * len(data)), len(data))


def known(monkeypatch: pytest.MonkeyPatch, origin: WebOrigin, size: int) -> Entry:
    entry = Entry(
        name="little",
        title="Little",
        task="classification",
        license="Apache-2.0",
        size=size,
        recipe="as_published",
        origin=origin,
        preparation=InputMetadata(resize="crop", crop_fraction=0.875),
        outputs=(OutputMetadata(meaning="probabilities"),),
    )
    monkeypatch.setitem(sys.modules["edgewright.hub.catalogue"]._others._parts, "little", entry)
    return entry


def left() -> list[str]:
    return sorted(path.name for path in cache.root().iterdir()) if cache.root().exists() else []


def fails(kind: type[Exception], reason: str) -> str:
    with pytest.raises(kind, match=reason) as caught:
        hub.get("little")
    assert "\n" not in str(caught.value)
    assert not cache.model_path("little").exists()
    return str(caught.value)


def test_a_model_on_the_web_describes_itself_and_is_in_the_cache(web: Web, little: Entry, data: bytes):
    steps: list[tuple[str, int, int]] = []
    model = hub.get("little", progress=lambda *step: steps.append(step))
    assert model.sealed
    assert Path(model.name) == hub.find("little")
    assert model.metadata.provenance.source == little.origin.title
    assert model.metadata.provenance.source_sha256 == sha256(data)
    assert (model.metadata.task, model.metadata.outputs[0].meaning) == ("classification", "probabilities")
    assert ("downloading", len(data), len(data)) in steps
    assert [step for step in steps if 0 < step[1] < len(data)], "it is said on the way how far it is"
    assert left() == ["little", "little.made"]
    assert hub.get("little").sha256 == model.sha256
    assert len(web.asked) == 1


def test_a_cut_off_download_goes_on_and_only_the_rest_is_sent(web: Web, little: Entry, data: bytes):
    web.manners = [manners.cut_off(0.4), manners.cut_off(0.7)]
    hub.get("little")
    part, two = int(len(data) * 0.4), int(len(data) * 0.7)
    assert [wanted for _, wanted in web.asked] == ["", f"bytes={part}-", f"bytes={two}-"]
    assert web.sent == [part, two - part, len(data) - two]
    assert left() == ["little", "little.made"]


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgewright.media.web.client.STALL_S", 0.5)


@pytest.mark.usefixtures("_impatient")
def test_a_stall_is_noticed_and_the_download_goes_on(web: Web, little: Entry, data: bytes):
    web.manners = [manners.stall(0.5)]
    hub.get("little")
    assert web.asked[1] == (PATH, f"bytes={len(data) // 2}-")
    assert sum(web.sent) == len(data)


@pytest.mark.usefixtures("_impatient")
def test_a_server_that_says_nothing_is_given_up_in_the_end(web: Web, little: Entry):
    web.manners = [manners.silent] * 9
    fails(HubError, r"little.tflite: .*not one byte in 0.5 seconds")
    assert len(web.asked) == 5
    assert left() == []


def test_what_broke_off_for_good_is_gone_on_with_by_the_next_call(web: Web, little: Entry, data: bytes):
    web.manners = [manners.cut_off(0.4)] * 9
    message = fails(HubError, "broke off 5 times, at last so: the connection was closed after")
    assert f"{int(len(data) * 0.4):,} bytes are here; the next attempt goes on from there" in message
    assert left() == [".partial-little"]
    assert hub.find("little") is None
    before, web.manners = len(web.sent), []
    hub.get("little")
    assert web.sent[before:] == [len(data) - int(len(data) * 0.4)]
    assert left() == ["little", "little.made"]


def test_a_part_from_another_mirror_is_not_gone_on_with(web: Web, little: Entry, data: bytes):
    web.manners = [manners.cut_off(0.4)] * 9
    fails(HubError, "broke off")
    web.manners, web.files[f"/other{PATH}"] = [], data
    hub.get("little", mirror=f"{web.url}/other/")
    assert web.asked[-1] == (f"/other{PATH}", "")


@pytest.mark.parametrize("difference", [-1000, 1000], ids=["shorter", "longer"])
def test_a_wrong_length_is_refused(web: Web, little: Entry, data: bytes, difference: int):
    web.manners = [manners.announce(difference)]
    fails(HubError, rf"announces {len(data) + difference:,} bytes, expected {len(data):,}\. Nothing was kept")
    assert left() == []


def test_more_than_announced_is_cut_where_the_announcement_ends_and_compared(web: Web, little: Entry, data: bytes):
    web.manners = [lambda handler, body: (handler.head(200, len(body)), handler.body(body + b"more"))]
    assert hub.get("little").metadata.provenance.source_sha256 == sha256(data)


def test_a_longer_announcement_of_an_unpublished_length_is_a_broken_connection(web: Web, unpublished: Entry):
    web.manners = [manners.announce(10)] * 9
    fails(HubError, "the connection was closed after|does not have the rest")


def test_wrong_bytes_are_refused_and_nothing_of_them_stays(web: Web, little: Entry):
    web.manners = [manners.other(lambda data: data[:-1] + bytes([data[-1] ^ 1]))]
    fails(HubError, r"what arrived is not https://models\.example\.com/\S+ as published, .* SHA-256 .*; expected")
    assert left() == []


def test_a_page_to_sign_in_is_refused(web: Web, little: Entry):
    web.manners = [manners.other(lambda data: b"<html>sign in here</html>")]
    fails(HubError, "announces 25 bytes, expected")


def test_what_is_missing_is_said_at_once(web: Web, little: Entry):
    web.files.clear()
    fails(HubError, "the server says 404 Not Found")
    assert len(web.asked) == 1
    assert left() == []


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_server_that_is_busy_for_a_moment_is_asked_again(web: Web, little: Entry, code: int):
    web.manners = [manners.status(code)] * 2
    hub.get("little")
    assert len(web.asked) == 3


def test_a_server_that_stays_broken_is_given_up(web: Web, little: Entry):
    web.manners = [manners.status(500)] * 9
    fails(HubError, r"broke off 5 times, at last so: the server says 500 Internal Server Error\. Try again later")
    assert left() == []


def test_a_redirect_is_followed_and_a_rest_asked_for_there(web: Web, little: Entry, data: bytes):
    web.files["/elsewhere"] = data
    web.manners = [
        manners.redirect("/elsewhere", 301), manners.cut_off(0.5), manners.redirect(f"{web.url}/elsewhere", 307),
    ]  # fmt: skip
    hub.get("little")
    assert web.asked[-1] == ("/elsewhere", f"bytes={len(data) // 2}-")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.com/x", "data:text/plain,x", "gopher://x/y"])
def test_a_redirect_to_anything_but_the_web_is_refused(web: Web, little: Entry, target: str):
    web.manners = [manners.redirect(target)]
    fails(HubError, f"redirects to {target}, which is not safe to follow")
    assert left() == []


def test_a_redirect_in_a_circle_is_refused(web: Web, little: Entry):
    web.manners = [manners.redirect(PATH)] * 99
    fails(HubError, "redirects in a circle")
    assert len(web.asked) < 10


@pytest.mark.parametrize("packed", [manners.packed(gzip.compress), manners.packed_in_chunks])
def test_a_file_packed_for_the_way_is_unpacked(web: Web, little: Entry, data: bytes, packed: manners.Answer):
    web.manners = [packed] * 9
    assert hub.get("little").metadata.provenance.source_sha256 == sha256(data)
    assert len(web.asked) == 1
    assert left() == ["little", "little.made"]


@pytest.mark.parametrize("packed", [manners.packed(gzip.compress), manners.packed_in_chunks])
def test_an_input_packed_for_the_way_is_unpacked_too(web: Web, little: Entry, data: bytes, packed: manners.Answer):
    web.manners = [packed]
    assert fetch_web(web.url + PATH) == data
    web.manners = [manners.packed(lambda data: gzip.compress(data)[:-9])]
    with pytest.raises(DataError, match="the server packed it, and its end is missing"):
        fetch_web(web.url + PATH)
    web.manners = [manners.packed(lambda data: b"not gzip at all")]
    with pytest.raises(DataError, match="the server packed it, and that is damaged"):
        fetch_web(web.url + PATH)


@pytest.mark.parametrize(
    ("pack", "reason"),
    [
        pytest.param(lambda data: gzip.compress(bytes(50_000_000)), "another file, of another size", id="a bomb"),
        pytest.param(lambda data: gzip.compress(data)[:-9], "another file, of another size", id="without its end"),
        pytest.param(lambda data: b"not gzip at all", "damaged", id="not packed at all"),
    ],
)
def test_a_file_packed_badly_is_refused(web: Web, little: Entry, pack, reason: str):
    web.manners = [manners.packed(pack)]
    fails(HubError, reason)
    assert left() == []


def test_a_server_without_ranges_is_asked_for_all_of_it_again(web: Web, little: Entry, data: bytes):
    web.manners = [manners.cut_off(0.5), manners.whole_only]
    hub.get("little")
    assert web.sent == [len(data) // 2, len(data)]


def test_without_anything_that_tells_versions_apart_nothing_is_put_together(web: Web, little: Entry, data: bytes):
    web.tags = False
    web.manners = [manners.cut_off(0.5)]
    hub.get("little")
    assert [wanted for _, wanted in web.asked] == ["", ""]


def test_a_file_that_changed_in_between_is_fetched_anew(web: Web, little: Entry, data: bytes):
    old = bytes(len(data))
    web.manners = [manners.other(lambda data: old)]
    web.manners = [lambda handler, data: manners.cut_off(0.5)(handler, old)]
    hub.get("little")
    assert web.asked[1] == (PATH, f"bytes={len(data) // 2}-")
    assert web.sent[1] == len(data), "the server sent all of the new file"


def test_a_part_of_another_version_is_noticed_and_all_of_it_fetched_once_more(web: Web, little: Entry, data: bytes):
    web.manners = [manners.cut_off(0.5), manners.part_of_another]
    assert hub.get("little").metadata.provenance.source_sha256 == sha256(data)
    assert [bool(wanted) for _, wanted in web.asked] == [False, True, False]


def test_a_part_that_nobody_asked_for_is_not_used(web: Web, little: Entry):
    web.manners = [manners.cut_off(0.5), manners.wrong_part]
    hub.get("little")
    assert [bool(wanted) for _, wanted in web.asked] == [False, True, False]


def test_chunks_need_no_length(web: Web, little: Entry, unpublished: Entry):
    web.manners = [manners.chunked(0.5), manners.chunked(1)]
    hub.get("little")
    assert len(web.asked) == 2


def test_an_endless_answer_is_cut_off(web: Web, little: Entry, data: bytes):
    web.manners = [manners.endless]
    fails(HubError, f"sends more than {len(data):,} bytes. Nothing was kept")
    assert left() == []


def test_without_length_and_sha256_nobody_could_tell_that_it_is_whole(web: Web, unpublished: Entry):
    web.manners = [manners.without_length]
    fails(HubError, "does not say how long it is, and no SHA-256 is published")


def test_without_length_the_sha256_tells(web: Web, little: Entry):
    web.manners = [manners.without_length]
    hub.get("little")


def test_the_first_download_is_recorded_where_no_sha256_is_published(web: Web, unpublished: Entry, data: bytes):
    assert hub.recorded_sha256("little") == ""
    hub.get("little")
    assert hub.recorded_sha256("little") == sha256(data)
    assert (cache.root() / "little.sha256").read_text() == f"{sha256(data)}  {unpublished.origin.title}\n"
    hub.remove("little")
    web.files[PATH] = ModelFile.read(data).resealed().data
    message = fails(HubError, "is not the .* that was recorded here at the first download")
    assert f"remove {cache.root() / 'little.sha256'}" in message
    (cache.root() / "little.sha256").unlink()
    hub.get("little")


def test_a_record_of_another_address_does_not_count(unpublished: Entry, data: bytes, monkeypatch: pytest.MonkeyPatch):
    hub.get("little")
    known(monkeypatch, replace(unpublished.origin, url="https://models.example.com/another"), len(data))
    assert hub.recorded_sha256("little") == ""


def test_a_record_that_is_none_is_one_line(unpublished: Entry):
    cache.root().mkdir(parents=True)
    (cache.root() / "little.sha256").write_text("nonsense\n")
    fails(HubError, "little.sha256: is no record of a SHA-256. Remove it")


def test_what_is_no_model_is_not_recorded(web: Web, unpublished: Entry):
    web.files[PATH] = b"<html>no model</html>"
    fails(HubError, "what arrived cannot be used: .* Nothing was kept")
    assert left() == []


def archive(kind: str, files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(packed, "w") as opened:
            for name, content in files.items():
                opened.writestr(name, content)
        return packed.getvalue()
    with tarfile.open(fileobj=packed, mode="w:gz") as opened:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tgz"])
@pytest.mark.parametrize("name", ["little.tflite", "folder/little.tflite", "../../../little.tflite"])
def test_a_model_inside_an_archive(web: Web, data: bytes, kind: str, name: str, monkeypatch, tmp_path: Path):
    packed = archive(kind, {"readme": b"x", name: data, "labels.txt": b"y"})
    web.files[f"/little.{kind}"] = packed
    url = f"https://models.example.com/little.{kind}"
    known(monkeypatch, WebOrigin(url=url, size=len(packed), sha256=sha256(packed), member="little.tflite"), len(data))
    model = hub.get("little")
    assert model.metadata.provenance.source_sha256 == sha256(packed)
    assert left() == ["little", "little.made"]
    assert [path.name for path in (cache.root() / "little").iterdir()] == ["little.tflite"]


@pytest.mark.parametrize("kind", ["zip", "tgz"])
@pytest.mark.parametrize("harm", [lambda packed: packed[: len(packed) // 2], lambda packed: b"nothing at all", None])
def test_a_harmed_archive_is_one_line(web: Web, data: bytes, kind: str, harm, monkeypatch: pytest.MonkeyPatch):
    packed = harm(archive(kind, {"little.tflite": data})) if harm else archive(kind, {"other.tflite": data})
    web.files[f"/little.{kind}"] = packed
    url = f"https://models.example.com/little.{kind}"
    known(monkeypatch, WebOrigin(url=url, size=len(packed), sha256=sha256(packed), member="little.tflite"), len(data))
    fails(HubError, "cannot be unpacked|does not hold little.tflite")
    assert left() == []


def test_a_link_in_an_archive_is_not_followed(web: Web, data: bytes, monkeypatch: pytest.MonkeyPatch):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as opened:
        link = tarfile.TarInfo("little.tflite")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        opened.addfile(link)
    web.files["/little.tgz"] = packed.getvalue()
    known(monkeypatch, WebOrigin(url="https://models.example.com/little.tgz", limit=10**6, member="little.tflite"), 1)
    fails(HubError, "does not hold little.tflite")


def test_no_network_is_one_line(little: Entry, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EDGEWRIGHT_MIRROR", "http://127.0.0.1:1")
    message = fails(HubError, "127.0.0.1 cannot be reached: connection refused. Check the network and the proxy")
    assert "mirror and EDGEWRIGHT_MIRROR name another host" in message
    assert left() == []


def test_a_host_that_is_not_known_is_one_line(little: Entry, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EDGEWRIGHT_MIRROR", "http://no-such-host.invalid")
    fails(HubError, r"no-such-host\.invalid cannot be reached: its name is not known")


def test_a_server_whose_certificate_nobody_vouches_for_is_refused(web: Web, little: Entry, tmp_path, monkeypatch):
    """A real TLS server, with a certificate of its own."""
    import ssl

    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("making a certificate needs openssl")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    server, secure = serve_web()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    secure.files = web.files
    monkeypatch.setenv("EDGEWRIGHT_MIRROR", f"https://localhost:{secure.port}")
    try:
        fails(HubError, "the certificate of the server is not accepted .*SSL_CERT_FILE")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        secure.manners = [manners.redirect(f"{web.url}{PATH}")]
        fails(HubError, "redirects to http://.*, which is not safe to follow")
        hub.get("little")
    finally:
        server.shutdown()
        server.server_close()


def test_downloads_go_through_the_proxy(web: Web, little: Entry, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EDGEWRIGHT_MIRROR", "http://models.example.com")
    monkeypatch.setenv("http_proxy", web.url)
    monkeypatch.setenv("no_proxy", "")
    hub.get("little")
    assert web.hosts == ["models.example.com"]


def test_the_mirror_of_a_call_goes_before_that_of_the_environment(web: Web, little: Entry, monkeypatch):
    monkeypatch.setenv("EDGEWRIGHT_MIRROR", "http://127.0.0.1:1")
    hub.get("little", mirror=web.url)
    assert web.asked == [(PATH, "")]


@pytest.mark.parametrize(
    "mirror", ["models.example.com", "ftp://x", "file:///x", "http://", "http://[::1", "http://x/?a=b"]
)
def test_a_mirror_that_is_no_address_is_wrong_usage(little: Entry, mirror: str):
    with pytest.raises(UsageError, match=r"the mirror is .*; an address such as"):
        hub.get("little", mirror=mirror)
    assert left() == []


def test_a_mirror_takes_the_place_of_the_host_and_keeps_the_rest():
    url = "https://example.com/a/b.tflite?generation=1"
    assert mirrored(url, "") == url
    assert mirrored(url, "http://10.0.0.1:8080") == "http://10.0.0.1:8080/a/b.tflite?generation=1"
    assert mirrored(url, "https://m.org/models/") == "https://m.org/models/a/b.tflite?generation=1"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"url": "http://example.com/x"}, "an address that begins with https://"),
        ({"url": "https:///x"}, "an address that begins with https://"),
        ({"sha256": "x"}, "sha256 is 'x'"),
        ({"size": 0}, "origin.size says"),
        ({"limit": 5}, "origin.size says"),
        ({"size": -1}, "origin.size says"),
    ],
)
def test_a_wrong_origin_is_refused(change: dict, reason: str):
    with pytest.raises(HubError, match=reason):
        WebOrigin(**{"url": "https://example.com/x", "size": 3} | change)


def test_a_full_disk_is_one_line_and_gives_back_what_was_taken(web: Web, little: Entry, data: bytes):
    """The system allows the files that are written no more than 100,000 bytes, which it reports as a full disk is."""
    import resource

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        fails(OutputError, f"little.tflite: the disk is full. Free {len(data):,} bytes, or set EDGEWRIGHT_CACHE")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert left() == []


def test_a_cache_that_cannot_be_written_is_one_line(web: Web, little: Entry, tmp_path: Path, monkeypatch):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", Path("/proc/nowhere")):
        monkeypatch.setenv("EDGEWRIGHT_CACHE", str(place))
        fails(OutputError, "The cache must be a folder that can be written; EDGEWRIGHT_CACHE names another one")
    assert web.asked == []


FETCH = """
import sys
from pathlib import Path
from edgewright import hub
from edgewright.hub.model_entry import Entry
from edgewright.hub.origins.web import WebOrigin
url, size, digest = sys.argv[1:]
origin = WebOrigin(url=url, size=int(size), sha256=digest)
hub.register_entry(Entry(name="little", title="Little", task="classification", license="x", size=int(size),
                         recipe="as_published", origin=origin))
print(hub.get("little").sha256)
"""


def fetching(entry: Entry) -> subprocess.Popen[str]:
    arguments = [entry.origin.title, str(entry.origin.size), entry.origin.sha256]
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"EDGEWRIGHT_CACHE": str(cache.root().parent)}, start_new_session=True,
    )  # fmt: skip


def test_two_processes_that_fetch_one_model_download_it_once(web: Web, little: Entry, data: bytes):
    web.manners = [manners.wait_then_well]
    processes = [fetching(little) for _ in range(2)]
    try:
        assert web.began.wait(30)
        with pytest.raises(subprocess.TimeoutExpired):
            processes[0].wait(1)
        with pytest.raises(subprocess.TimeoutExpired):
            processes[1].wait(1)
        web.gate.set()
        done = [process.communicate(timeout=60) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [errors for _, errors in done] == ["", ""]
    assert done[0][0] == done[1][0]
    assert web.sent == [len(data)]
    assert left() == ["little", "little.made"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_process_leaves_no_model_and_the_next_one_goes_on(web: Web, little: Entry, data: bytes, how: int):
    web.manners = [manners.stall(0.5)]
    process = fetching(little)
    try:
        assert web.began.wait(30)
        size = 0
        for _ in range(200):
            part = cache.root() / ".partial-little" / "data"
            size = part.stat().st_size if part.exists() else 0
            if size == len(data) // 2:
                break
            threading.Event().wait(0.05)
        assert size == len(data) // 2
        process.send_signal(how)
        process.communicate(timeout=30)
    finally:
        process.kill()
    assert hub.find("little") is None
    hub.get("little")
    assert web.sent == [len(data) // 2, len(data) - len(data) // 2]
    assert (cache.root() / "little").is_dir()
    assert not (cache.root() / ".partial-little").exists()
    assert not (cache.root() / ".lock-little").exists()


def pinned() -> list[tuple[str, str]]:
    """Names of entries whose file lies beside the project, and which file that is."""
    found = (SHARED / "models").glob("*.tflite") if (SHARED / "models").is_dir() else ()
    by_digest = {sha256(path.read_bytes()): path.name for path in found}
    entries = [entry for entry in hub.entries() if isinstance(entry.origin, WebOrigin)]
    return [(entry.name, by_digest[entry.origin.sha256]) for entry in entries if entry.origin.sha256 in by_digest]


@pytest.fixture
def authors(web: Web) -> Web:
    """The hosts of the authors, as far as their files lie beside the project."""
    for name, file in pinned():
        path = hub.entry(name).origin.title.split("/", 3)[3]
        web.files[f"/{path}"] = (SHARED / f"models/{file}").read_bytes()
    return web


def test_the_files_beside_the_project_serve_eight_entries_or_more(shared_file):
    shared_file("models")
    assert len(pinned()) >= 8


@pytest.mark.parametrize("name", [name for name, _ in pinned()])
def test_every_entry_whose_file_is_here_can_be_fetched_and_says_what_it_is(authors: Web, name: str):
    entry, model = hub.entry(name), hub.get(name)
    assert model.metadata.task == entry.task
    assert len(model.metadata.outputs) <= len(model.outputs)
    assert model.metadata.inputs[0].kind == entry.preparation.kind
    assert model.metadata.license == "Apache-2.0"
    assert hub.read(name).sha256 == model.sha256
    if entry.task == "classification":
        assert hub.load(name)(SHARED / "images/parrot.jpg")[0].label == "macaw"
    elif entry.task == "segmentation":
        assert list(hub.load(name)(SHARED / "images/bird_segmentation.bmp").areas)[:2] == ["background", "bird"]
    elif entry.task in task_names():
        assert hub.load(name).kind == entry.task
    else:
        with pytest.raises(UsageError, match=f"its task is {entry.task}, which is not supported"):
            hub.load(name)


def test_what_the_authors_left_out_is_added_and_what_they_said_stays(authors: Web):
    bare = hub.get("mobilenet_v1_0_25_224").metadata
    assert (bare.inputs[0].mean, bare.inputs[0].std) == ((127.5,), (127.5,))
    assert bare.outputs[0].labels[:2] == ("background", "tench")
    mask = hub.get("deeplab_v3_pascal_quant").metadata.outputs[0]
    assert (mask.meaning, mask.label_target, mask.labels[15]) == ("mask", "value", "person")
    boxes = hub.get("ssd_mobilenet_v1_coco_quant").metadata.outputs
    assert [output.meaning for output in boxes] == ["boxes", "classes", "scores", "count"]
    assert (boxes[1].label_target, boxes[1].labels[0], len(boxes[1].labels)) == ("value", "person", 90)
    assert hub.get("movenet_lightning_ptq").metadata.outputs[0].meaning == "keypoints"
    heard = hub.get("yamnet").metadata
    assert (heard.inputs[0].sample_rate, len(heard.outputs[0].labels)) == (16000, 521)


def test_the_command_fetches_by_a_mirror_and_lists_what_is_here(authors: Web, edgewright, tmp_path: Path):
    settings = {"EDGEWRIGHT_CACHE": tmp_path, "EDGEWRIGHT_MIRROR": "", "COLUMNS": 80}
    empty = edgewright("models", "list", "--cached", **settings)
    assert (empty.returncode, empty.stdout) == (0, "")
    assert "No such model is on this machine yet" in empty.stderr
    done = edgewright("models", "get", "mobilenet_v2_1_0_224_quant", "--mirror", authors.url, **settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).is_file()
    (entry,) = json.loads(edgewright("models", "list", "--cached", "--json", **settings).stdout)
    assert (entry["name"], entry["cached"], entry["recorded_sha256"]) == ("mobilenet_v2_1_0_224_quant", True, None)
    shown = edgewright("run", "mobilenet_v2_1_0_224_quant", SHARED / "images/parrot.jpg", **settings)
    assert "macaw" in shown.stdout, shown.stderr


def test_the_command_says_in_one_line_what_went_wrong(web: Web, edgewright, tmp_path: Path):
    settings = {"EDGEWRIGHT_CACHE": tmp_path / "cache", "EDGEWRIGHT_MIRROR": web.url}
    web.manners = []
    for arguments, code, reason in (
        (("mobilenet_v1_1.0_224_quant",), 2, "Did you mean 'mobilenet_v1_1_0_224_quant', "),
        (("yamnet",), 1, "the server says 404 Not Found"),
        (("yamnet", "--mirror", "nonsense"), 2, "the mirror is 'nonsense'"),
        (("yamnet", "--mirror", f"http://127.0.0.1:{free_port()}"), 1, "127.0.0.1 cannot be reached"),
    ):
        done = edgewright("models", "get", *arguments, **settings)
        assert (done.returncode, done.stdout) == (code, "")
        assert reason in done.stderr
        assert done.stderr.count("\n") == 1
    assert not (tmp_path / "cache").exists() or list((tmp_path / "cache" / "models").iterdir()) == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_list_is_narrow_grouped_by_task_and_marks_what_has_no_sha256(edgewright):
    lines = edgewright("models", COLUMNS=80).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines if line.split()[:1] and line.split()[0] in hub.names()]
    assert [row[0] for row in rows] == [entry.name for entry in ordered()]
    marked = {row[0]: row[-1] for row in rows if row[-1] in ("*", "†", "*†")}
    assert {name for name, mark in marked.items() if "*" in mark} == {
        entry.name for entry in SHIPPED if not entry.origin.sha256
    }
    assert {name for name, mark in marked.items() if "†" in mark} == {entry.name for entry in SHIPPED if entry.needs}
    assert "* The authors publish no SHA-256" in "\n".join(lines)


def ordered() -> list[Entry]:
    tasks = [
        "classification", "detection", "segmentation", "faces", "pose", "hands", "bodies", "landmarks",
        "audio-classification", "text-embedding", "tensors",
    ]  # fmt: skip
    return sorted(SHIPPED, key=lambda entry: (tasks.index(entry.task), entry.name))


def test_the_list_for_one_task(edgewright):
    listed = json.loads(edgewright("models", "list", "--task", "detection", "--json").stdout)
    assert {entry["task"] for entry in listed} == {"detection"}
    assert len(listed) == 4
    wrong = edgewright("models", "list", "--task", "mind-reading")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Choose one of: classification, detection" in wrong.stderr
