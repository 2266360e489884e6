"""A seat in front of a real browser: a page that notes what it asks for and what it complains of.

Not here: what is to be seen on it.
"""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, Response, WebSocket

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"

ARGUMENTS = [
    "--no-sandbox",  # Chromium's sandbox refuses to work as root, which is what a CI container is
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # even a mistake cannot leave this machine
]


@dataclass
class Seat:
    """One page, with all its requests, answers and complaints since it was opened."""

    page: Page
    asked: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def take(cls, context: BrowserContext) -> "Seat":
        seat = cls(context.new_page())
        context.on("request", seat._note_request)
        context.on("response", seat._note_response)
        context.on("console", seat._note_console)
        seat.page.on("websocket", seat._note_socket)
        seat.page.on("pageerror", seat._note_error)
        return seat

    def shot(self, name: str, whole: bool = False) -> Path:
        """A picture of the page as it is now, kept in ``build/screenshots``."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole)
        return path

    def look_through(self) -> None:
        """Scroll from top to end and back, so that pictures that load lazily are there."""
        self.page.evaluate(
            """async () => {
                for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) {
                    scrollTo({ top: y, behavior: "instant" });
                    await new Promise((done) => setTimeout(done, 60));
                }
                scrollTo({ top: 0, behavior: "instant" });
                await Promise.all([...document.images].map((image) => image.decode().catch(() => undefined)));
            }"""
        )

    def until(self, expression: str, arg: Any = None, seconds: float = 20.0) -> None:
        """Wait until a JavaScript function of ``arg`` holds; asked from outside, as the page's policy forbids eval."""
        until = time.monotonic() + seconds
        while not self.page.evaluate(expression, arg):
            assert time.monotonic() < until, f"{expression} of {arg}: not within {seconds:g} s"
            self.page.wait_for_timeout(50)

    def left_loopback(self) -> list[str]:
        """The addresses asked for that are not on this machine."""
        web = [url for url in self.asked if not re.match(r"(data|blob|about):", url)]
        return [url for url in web if urlsplit(url).hostname != "127.0.0.1"]

    def _note_request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _note_response(self, response: Response) -> None:
        self.answers.append(response)

    def _note_socket(self, socket: WebSocket) -> None:
        self.asked.append(socket.url)

    def _note_error(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")
