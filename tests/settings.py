"""The settings for tests: development secrets and a fast password hasher."""

import os
import tempfile
from pathlib import Path

os.environ["DEBUG"] = "1"

from config.settings import *  # noqa: F403
from config.settings import DATABASES, TEMPLATES
from tests.strict import UnknownVariable

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "accounts.people_import.FirstPasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if DATABASES["default"]["ENGINE"] == "config.sqlite":
    # One file per run: an in-memory database is shared by all threads without WAL and without waiting for locks.
    file = Path(tempfile.gettempdir()) / f"test-{os.getpid()}.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": str(file)}
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UnknownVariable("%s")
LOGGING["root"] = {"handlers": [], "level": "INFO"}  # noqa: F405  (pytest captures the log)
