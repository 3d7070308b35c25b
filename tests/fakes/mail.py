"""A mail server on loopback that takes everything and keeps it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from email import message_from_bytes, policy
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

ANSWERS = {b"DATA": b"354 Go on", b"QUIT": b"221 Bye"}


class MailServer(ThreadingTCPServer):
    """``taken`` are the mails in the order in which they came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.taken: list[EmailMessage] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Conversation(StreamRequestHandler):
    def handle(self) -> None:
        self._say(b"220 loopback")
        for line in self.rfile:
            word = line[:4].strip().upper()
            self._say(ANSWERS.get(word, b"250 Well"))
            if word == b"DATA":
                self._take()
            if word == b"QUIT":
                return

    def _take(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        # A line that begins with a dot travels with one more.
        mail = message_from_bytes(b"".join(line.removeprefix(b".") for line in lines), policy=policy.default)
        cast("MailServer", self.server).taken.append(mail)
        self._say(b"250 Taken")

    def _say(self, answer: bytes) -> None:
        self.wfile.write(answer + b"\r\n")


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Serve until the block ends."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
