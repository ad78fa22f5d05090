"""A real Chromium, driven over its debugging pipe: pages opened, looked into, clicked on and pictured."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from waiting import wait_for

SWITCHES = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --mute-audio --remote-debugging-pipe "
    "--no-proxy-server --disable-dev-shm-usage"
)


class Chromium:
    """One browser; messages are JSON, each ended by a zero byte. Source: Chrome DevTools Protocol, over a pipe."""

    def __init__(self, profile: Path, *switches: str) -> None:
        browser = shutil.which("chromium") or shutil.which("google-chrome")
        if browser is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium on this machine")
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # It reads from descriptor 3 and writes to 4.
        script = f'exec 3<&{theirs_in} 4>&{theirs_out}; exec "$0" "$@"'
        command = ["/bin/bash", "-c", script, browser, *SWITCHES.split(), *switches]
        command += [f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            command, pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._buffer = b""
        self._numbers = itertools.count(1)
        self.happened: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call a method; what the browser tells on its own meanwhile is kept in `happened`."""
        number = next(self._numbers)
        asked: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        os.write(self._out, json.dumps(asked | ({"sessionId": session} if session else {})).encode() + b"\0")
        while (answer := self._read()).get("id") != number:
            self.happened.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = os.read(self._in, 1 << 20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        return told

    @contextlib.contextmanager
    def page(self, width: int = 1280, height: int = 900, *, dark: bool = False, touch: bool = False) -> Iterator[Page]:
        """An empty page of that size."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for room in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{room}.enable")
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        page.call("Emulation.setTouchEmulationEnabled", enabled=touch)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        yield page
        self.call("Target.closeTarget", targetId=target)
        self.call("Target.disposeBrowserContext", browserContextId=context)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)


class Page:
    """One page of it."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def value(self, script: str) -> Any:
        """What a piece of JavaScript comes to, as plain values."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise RuntimeError(f"{script}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until a piece of JavaScript comes to something true."""
        wait_for(lambda: self.value(f"Boolean({script})"), told=lambda: f"never true: {script}")

    def texts(self, selector: str) -> list[str]:
        found: list[str] = self.value(f"[...document.querySelectorAll({selector!r})].map(each => each.textContent)")
        return found

    def place(self, selector: str) -> tuple[float, float, float, float]:
        """Left, top, width and height, in pixels of the window."""
        script = f"(() => {{ const a = document.querySelector({selector!r}).getBoundingClientRect(); "
        x, y, width, height = self.value(script + "return [a.x, a.y, a.width, a.height] })()")
        return x, y, width, height

    def click(self, selector: str) -> None:
        self.value(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        x, y, width, height = self.place(selector)
        self.press(x + width / 2, y + height / 2)

    def press(self, x: float, y: float) -> None:
        """The left mouse button, pressed and let go of."""
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y)
        self.mouse("mouseReleased", x, y)

    def mouse(self, kind: str, x: float, y: float) -> None:
        held = {"mousePressed": 1, "mouseDragged": 1}.get(kind, 0)
        kind = "mouseMoved" if kind == "mouseDragged" else kind
        button = "none" if kind == "mouseMoved" and not held else "left"
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=held, clickCount=1)

    def tap(self, x: float, y: float) -> None:
        """A finger."""
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, name: str) -> None:
        text = {"Enter": "\r"}.get(name, name if len(name) == 1 else "")
        self.call("Input.dispatchKeyEvent", type="keyDown", key=name, text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name)

    def picture(self, path: Path, *, whole: bool = True) -> Path:
        """A PNG of it."""
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))
        return path

    def happened(self, method: str) -> list[dict[str, Any]]:
        """What the browser told of this page, by the name of the message."""
        told = [one for one in self._browser.happened if one.get("sessionId") == self._session]
        return [one["params"] for one in told if one["method"] == method]
