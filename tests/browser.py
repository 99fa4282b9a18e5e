"""A real Chromium, driven over its debugging pipe: no driver, no network, no port."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60
"""Seconds until a browser that says nothing is given up."""

_ON_3_AND_4 = """
import os, sys
reads, writes, *command = sys.argv[1:]
os.dup2(int(reads), 203)
os.dup2(int(writes), 204)
os.dup2(203, 3)
os.dup2(204, 4)
os.closerange(5, 205)
os.execv(command[0], command)
"""
"""Chromium hears on descriptor 3 and speaks on 4."""


class Page:
    """One tab."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._buffer, self._last, self._session = b"", 0, ""
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def size(self, width: int, height: int = 1000) -> None:
        """Give the page a viewport."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def scheme(self, name: str) -> None:
        """light or dark."""
        features = [{"name": "prefers-color-scheme", "value": name}]
        self._call("Emulation.setEmulatedMedia", features=features)

    def scripts(self, on: bool) -> None:
        """Whether pages may run their scripts."""
        self._call("Emulation.setScriptExecutionDisabled", value=not on)

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a file and wait until it is there."""
        self._call("Page.navigate", url="about:blank")
        self._wait("Page.loadEventFired")
        self._call("Page.navigate", url=f"{path.resolve().as_uri()}{fragment}")
        self._wait("Page.loadEventFired")

    def ask(self, script: str) -> Any:
        """The value of an expression, awaited if it is a promise."""
        found = self._call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true; fails after some seconds."""
        code = (
            "new Promise((done) => { let n = 0; const look = () => {"
            f" if ({script}) done(true); else if (n++ > 200) done(false);"
            " else setTimeout(look, 25); }; look(); })"
        )
        assert self.ask(code), f"never true: {script}"

    def type(self, text: str) -> None:
        """Press the keys of a text, one by one."""
        for letter in text:
            self._call("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
            self._call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def press(self, key: str, code: int) -> None:
        """Press a key that writes nothing, by its name and Windows key code."""
        for kind in ("rawKeyDown", "keyUp"):
            self._call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code
            )

    def barriers(self) -> list[str]:
        """What axe-core finds on the page: each violated rule with its first element."""
        found = sorted(Path(".venv").glob("axe-core-*.min.js"))
        if not found:
            pytest.skip("axe-core is not there; .ci/axe brings it from the npm registry")
        self.ask(f"{found[-1].read_text(encoding='utf-8')}; 0")
        told = self.ask(
            "axe.run(document, {resultTypes: ['violations']}).then((found) =>"
            " found.violations.map((rule) =>"
            " `${rule.id}: ${rule.help}: ${rule.nodes[0].html}`))"
        )
        assert isinstance(told, list)
        return told

    def forced_colours(self, on: bool) -> None:
        """Whether the reader's own colours stand in the place of the page's."""
        features = [{"name": "forced-colors", "value": "active" if on else "none"}]
        self._call("Emulation.setEmulatedMedia", features=features)

    def picture(self, path: Path) -> None:
        """Save what is seen as a PNG file."""
        found = self._call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(found["data"]))

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result

    def _wait(self, event: str) -> None:
        while self._next().get("method") != event:
            pass

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], PATIENCE)
            assert ready, "the browser says nothing"
            found = os.read(self._read, 1 << 20)
            assert found, "the browser is gone"
            self._buffer += found
        text, _, self._buffer = self._buffer.partition(b"\0")
        answer: dict[str, Any] = json.loads(text)
        self._note(answer.get("method"), answer.get("params") or {})
        return answer

    def _note(self, method: str | None, told: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        if method == "Log.entryAdded":
            self.complaints.append(told["entry"]["text"])
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"]))


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """A page of a fresh Chromium with its profile in `folder`; skips where there is none."""
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    if binary is None:
        pytest.skip("there is no Chromium on this machine")
    its_in, our_out = os.pipe()
    our_in, its_out = os.pipe()
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--hide-scrollbars",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--remote-debugging-pipe",
    ]
    profile = f"--user-data-dir={folder / 'chromium'}"
    started = subprocess.Popen(
        [sys.executable, "-c", _ON_3_AND_4, str(its_in), str(its_out), binary, *options, profile],
        pass_fds=(its_in, its_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(its_in)
    os.close(its_out)
    try:
        yield Page(our_out, our_in)
    finally:
        os.close(our_out)
        os.close(our_in)
        started.terminate()
        started.wait(PATIENCE)
