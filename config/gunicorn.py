"""Configuration of gunicorn: a few processes with threads. Each process has its own unit search index."""

import os
from pathlib import Path

import environ

environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")  # as the settings do later
bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
# Enough for a photo over a slow connection.
timeout = 120
# Restart each worker now and then, at different times, so that memory cannot grow without end.
max_requests, max_requests_jitter = 20_000, 2_000
# gunicornc is not used.
control_socket_disable = True
