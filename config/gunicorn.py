"""How gunicorn serves: a few processes with threads. Each process holds its own unit search index."""

import os
from pathlib import Path

import environ

environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")  # as the settings do, which are read later
bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
# A photo sent over a slow line takes its time.
timeout = 120
# Restarted now and then, each at another moment, so that memory cannot grow for ever.
max_requests, max_requests_jitter = 20_000, 2_000
# Nothing here is managed through the socket.
control_socket_disable = True
