"""The product's settings with development secrets and a quick password hasher."""

import os

os.environ["DEBUG"] = "1"

from config.settings import *  # noqa: E402, F403
from config.settings import TEMPLATES

from .strict import UnknownVariable

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UnknownVariable("%s")
LOGGING["root"] = {"handlers": [], "level": "INFO"}  # noqa: F405  (pytest collects what is logged)
