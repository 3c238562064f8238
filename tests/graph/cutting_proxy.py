"""A TCP proxy on this machine that cuts connections in the middle, as a bad network does."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Proxy:
    """Passes bytes to a port; closes a connection after it sent `after` bytes, `cuts` times in all.

    Where `gone`, nobody listens any more after the last cut.
    """

    port: int
    after: int
    cuts: int
    gone: bool = False
    made: int = 0
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._close(self.listener)

    @property
    def uri(self) -> str:
        return self._uri

    def __post_init__(self) -> None:
        self._uri = f"bolt://127.0.0.1:{self.listener.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.port))
                for source, target, counted in ((client, server, True), (server, client, False)):
                    passing = (source, target, counted)
                    threading.Thread(target=self._pass, args=passing, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        sent = 0
        with suppress(OSError):
            while part := source.recv(65536):
                sent += len(part)
                if counted and sent > self.after and self.made < self.cuts:
                    self.made += 1
                    if self.gone and self.made == self.cuts:
                        self._close(self.listener)
                    break
                target.sendall(part)
        self._close(source, target)

    def _close(self, *sockets: socket.socket) -> None:
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
