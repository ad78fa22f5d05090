"""Tests of the sources of other frameworks run where these are installed: `make test-sources`."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") else ["*"]
