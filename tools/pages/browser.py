"""A headless Chromium at the other end of a pipe: Python's own library, and a browser that is installed.

The protocol is that of the developer tools (JSON messages, each ended by a zero byte), over the file descriptors 3 and 4
that --remote-debugging-pipe reads and writes. No driver, no package, no port.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell")


def find():
    """The browser's path: $CHROMIUM, or one of the usual names; None where there is none."""
    wanted = os.environ.get("CHROMIUM")
    return shutil.which(wanted) if wanted else next(filter(None, map(shutil.which, NAMES)), None)


class Failure(Exception):
    """The browser did not do what it was told."""


class Browser:
    """A browser of its own, without a profile, ended with the `with` block."""

    def __init__(self, path, seconds=60):
        self.seconds = seconds
        self.profile = tempfile.TemporaryDirectory(prefix="pages-", ignore_cleanup_errors=True)
        to_browser, self.out = os.pipe()
        self.inn, from_browser = os.pipe()
        flags = [
            "--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--hide-scrollbars",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
            "--allow-file-access-from-files", f"--user-data-dir={self.profile.name}",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")  # its sandbox refuses to start as root

        def descriptors():
            # By way of two others: one of the four may be 3 or 4 already.
            inn, out = os.dup(to_browser), os.dup(from_browser)
            os.dup2(inn, 3)
            os.dup2(out, 4)

        self.process = subprocess.Popen(
            [path, *flags, "about:blank"], close_fds=False, preexec_fn=descriptors,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.last, self.events = b"", 0, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
        except (Failure, OSError):
            self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.inn)
        self.profile.cleanup()

    def receive(self, until):
        """The next message; None if none came in time."""
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.inn], [], [], max(0, until - time.monotonic()))
            if not ready:
                return None
            more = os.read(self.inn, 1 << 20)
            if not more:
                raise Failure("the browser has gone")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        """Does something, and gives its result. Events that come meanwhile are kept."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        until = time.monotonic() + self.seconds
        while True:
            answer = self.receive(until)
            if answer is None:
                raise Failure(f"{method}: no answer in {self.seconds} s")
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise Failure(f"{method}: {answer['error'].get('message')}")
                return answer["result"]
            self.events.append(answer)

    def page(self):
        """A new tab."""
        return Page(self)


class Page:
    """A tab. What the page complains of, and what it loads, is kept in `complaints` and `requests`."""

    def __init__(self, browser):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        self.complaints, self.requests = [], []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def view(self, width, height, dark=False, touch=False):
        """The window's size in CSS pixels, and the colours that the user prefers."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media="screen", features=[scheme])

    def open(self, address):
        """Goes there, and waits until it is loaded."""
        self.look()
        self.complaints.clear()
        self.requests.clear()
        answer = self.call("Page.navigate", url=address)
        if "errorText" in answer:
            raise Failure(f"{address}: {answer['errorText']}")
        until = time.monotonic() + self.browser.seconds
        while not self.look("Page.loadEventFired"):
            event = self.browser.receive(until)
            if event is None:
                raise Failure(f"{address}: not loaded in {self.browser.seconds} s")
            self.browser.events.append(event)

    def look(self, awaited=None):
        """Sorts the events that came; whether `awaited` is among them."""
        came = False
        events, self.browser.events = self.browser.events, []
        for event in events:
            if event.get("sessionId") != self.session:
                continue
            name, about = event["method"], event["params"]
            came |= name == awaited
            if name == "Runtime.exceptionThrown":
                details = about["exceptionDetails"]
                thrown = details.get("exception", {}).get("description", details["text"])
                self.complaints.append(f"exception: {thrown}")
            elif name == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
                words = " ".join(str(x.get("value", x.get("description"))) for x in about["args"])
                self.complaints.append(f"console.{about['type']}: {words}")
            elif name == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
                self.complaints.append(f"{about['entry']['source']}: {about['entry']['text']}")
            elif name == "Network.requestWillBeSent":
                self.requests.append(about["request"]["url"])
        return came

    def evaluate(self, expression):
        """The value of an expression (a promise's, once it is kept)."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Failure(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def mouse(self, kind, x, y):
        """`kind`: mousePressed, mouseMoved or mouseReleased, of the left button."""
        buttons = 0 if kind == "mouseReleased" else 1
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=buttons, clickCount=1)

    def screenshot(self, file, whole=True):
        """The page as a PNG file: the whole of it, or what is seen without scrolling."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(file, "wb") as out:
            out.write(base64.b64decode(answer["data"]))
