"""The product behind gunicorn on this machine, and one request to it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from django.db import connection

from .copy import as_installed

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds until a server that does not answer is given up


@contextmanager
def served(processes: int = 2) -> Iterator[int]:
    """gunicorn as config/gunicorn.py has it, with so many processes of its own; the port it listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(processes), "demo.benchmarks.server"]
    connection.close()
    with TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=PROJECT, env=as_installed(), stdout=log, stderr=log)  # noqa: S603
        try:
            if not _answers(port, server):
                log.seek(0)
                raise RuntimeError(f"The server does not answer.\n{log.read().decode()}")
            yield port
        finally:
            server.terminate()
            server.wait(PATIENCE)


def _answers(port: int, server: subprocess.Popen) -> bool:
    """Wait for the first answer."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            ask(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        except ConnectionError:
            time.sleep(0.1)
        else:
            return True
    return False


def ask(port: int, raw: bytes) -> bytes:
    """The whole answer, head and body, to one request on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        line.sendall(raw)
        parts = []
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts)
