"""Folders served on this machine, and LiteRT for browsers, really fetched from npm once for all tests."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edgewright.deploy import fetch_runtime
from edgewright.errors import HubError
from sharing import Shared


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is there."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def cache_with_litert(shared: Shared) -> Path:
    """A cache folder that has it."""

    def fetch(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EDGEWRIGHT_CACHE", str(folder))
            try:
                fetch_runtime()
            except HubError as error:
                if "cannot be reached" in str(error) and not os.environ.get("CI"):
                    pytest.skip(str(error))
                raise

    return shared.folder("litertjs", fetch)
