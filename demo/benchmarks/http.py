"""Start the product behind gunicorn on this machine, and send it single requests."""

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

from .copy import production_environment

PROJECT = Path(__file__).resolve().parents[2]
TIMEOUT = 60  # seconds


@contextmanager
def served(processes: int = 2) -> Iterator[int]:
    """Run gunicorn with config/gunicorn.py and this many workers; yield its port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(processes), "demo.benchmarks.server"]
    connection.close()
    with TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=PROJECT, env=production_environment(), stdout=log, stderr=log)  # noqa: S603
        try:
            if not _is_ready(port, server):
                log.seek(0)
                raise RuntimeError(f"The server does not answer.\n{log.read().decode()}")
            yield port
        finally:
            server.terminate()
            server.wait(TIMEOUT)


def _is_ready(port: int, server: subprocess.Popen) -> bool:
    """Wait for the first response; return whether there was one before the timeout."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until and server.poll() is None:
        try:
            send(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        except ConnectionError:
            time.sleep(0.1)
        else:
            return True
    return False


def send(port: int, raw: bytes) -> bytes:
    """Send one request on a new connection; return the whole response, head and body."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connected:
        connected.sendall(raw)
        parts = []
        while part := connected.recv(65536):
            parts.append(part)
    return b"".join(parts)
