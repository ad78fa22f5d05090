from __future__ import annotations

import contextlib
import gzip
import hashlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewright.data import load
from edgewright.data.named.keras_datasets import FASHION_MNIST, MNIST, KerasSet, read_keras_set
from edgewright.errors import DataError, MissingExtraError
from edgewright.machine import silent


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Keras cache, and a proxy that refuses every connection: offline wherever the test runs."""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


@pytest.fixture
def origin(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """What the host of Keras's data sets answers, by file name: a proxy with a certificate for its name."""
    if shutil.which("openssl") is None:
        pytest.skip("the program openssl is needed for a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext"
    names = ["subjectAltName=DNS:storage.googleapis.com", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*request.split(), *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    files: dict[str, bytes] = {}
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server, context, files), daemon=True).start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        yield files
        server.shutdown(socket.SHUT_RDWR)


def serve(server: socket.socket, context: ssl.SSLContext, files: dict[str, bytes]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection:
                read_head(connection)  # CONNECT host:443
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                with context.wrap_socket(connection, server_side=True) as secure:
                    body = files[read_head(secure).split()[1].decode().rpartition("/")[2]]
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    return head


def cached(cache: Path, which: KerasSet, files: dict[str, bytes]) -> KerasSet:
    """Put files of our own into the cache, and describe them as the published ones."""
    folder = cache / which.folder
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return replace(which, files={n: hashlib.new(which.algorithm, c).hexdigest() for n, c in files.items()})


def fashion_files() -> dict[str, bytes]:
    x, y = np.zeros((3, 28, 28), np.uint8), np.array([0, 9, 1], np.uint8)
    files = {}
    for part, n in (("train", 3), ("t10k", 2)):
        files[f"{part}-images-idx3-ubyte.gz"] = gzip.compress(idx(x[:n]))
        files[f"{part}-labels-idx1-ubyte.gz"] = gzip.compress(idx(y[:n]))
    return files


def test_a_cached_set_is_read_without_keras_or_network(cache: Path) -> None:
    which = cached(cache, FASHION_MNIST, fashion_files())
    dataset = read_keras_set(which, silent)
    assert dataset.name == "fashion_mnist"
    assert dataset.train_count == 3
    assert [dataset.classes[i] for i in dataset.y] == [
        "T-shirt/top",
        "Ankle boot",
        "Trouser",
        "T-shirt/top",
        "Ankle boot",
    ]


def test_a_cached_mnist_is_read_from_its_npz(cache: Path) -> None:
    x = np.zeros((2, 28, 28), np.uint8)
    np.savez(cache.parent / "m.npz", x_train=x, y_train=[3, 4], x_test=x, y_test=[4, 3])
    which = cached(cache, MNIST, {"mnist.npz": (cache.parent / "m.npz").read_bytes()})
    dataset = read_keras_set(which, silent)
    assert dataset.classes == tuple("0123456789")
    assert dataset.y.tolist() == [3, 4, 4, 3]


def test_without_keras_the_install_line_is_given(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(MissingExtraError, match=r"'mnist' needs .*pip install 'edgewright\[quickstart\]'"):
        load("mnist")


def test_offline_one_line_names_the_default_and_a_half_downloaded_copy_is_not_lost(cache: Path) -> None:
    cached(cache, FASHION_MNIST, {name: content[:-9] for name, content in fashion_files().items()})
    folder = cache / FASHION_MNIST.folder
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    with pytest.raises(DataError) as caught:
        load("fashion_mnist")
    message = str(caught.value)
    assert message.startswith("fashion_mnist: the copy in Keras's cache is damaged and cannot be downloaded again (")
    assert message.endswith("). The default data set, mnist5k, needs no network")
    assert message.isprintable()
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before


def test_a_download_replaces_a_damaged_copy_and_says_so(cache: Path, origin: dict[str, bytes]) -> None:
    origin.update(fashion_files())
    which = cached(cache, FASHION_MNIST, origin)
    damaged = cache / which.folder / "t10k-images-idx3-ubyte.gz"
    damaged.write_bytes(b"half")
    calls: list[tuple[str, int, int]] = []
    dataset = read_keras_set(which, lambda *call: calls.append(call))
    assert dataset.y.tolist() == [0, 9, 1, 0, 9]
    assert dataset.notices[-1].endswith("was damaged and has been downloaded again.")
    assert damaged.read_bytes() == origin[damaged.name]
    assert calls[-1] == ("Downloading fashion_mnist", which.size, which.size)
    assert sorted(one.name for one in damaged.parent.iterdir()) == sorted(origin)


def test_what_is_not_the_published_set_is_not_kept(cache: Path, origin: dict[str, bytes]) -> None:
    origin.update(fashion_files())
    with pytest.raises(DataError, match="what arrived is not the published data set, so nothing of it was kept"):
        load("fashion_mnist")
    assert list((cache / FASHION_MNIST.folder).iterdir()) == []
