"""A page that runs a model in the browser: its own files, and LiteRT for WebAssembly that goes along."""

from __future__ import annotations

from edgewright.deploy.browser.runtime import VERSION, Package, fetch_runtime, runtime_files

__all__ = ["VERSION", "Package", "fetch_runtime", "runtime_files"]
