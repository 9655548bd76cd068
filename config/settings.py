"""All settings, read from the environment; a bad or missing value stops the start.

With DEBUG on (development, tests, the demo) every secret has a public default.
With DEBUG off SECRET_KEY, FIELD_KEYS, DIGEST_KEY and ALLOWED_HOSTS must be set; see docs/operations.md.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)


def secret(name: str, development_value: str) -> str:
    """Return a secret from the environment, or with DEBUG on its default."""
    value: str = env.str(name, default=development_value if DEBUG else "")
    if not value:
        raise ImproperlyConfigured(f"{name} must be set when DEBUG is off; see docs/operations.md")
    return value


def positive(name: str, default: int, most: int | None = None) -> int:
    """Return a whole number from the environment, above 0 and at most `most`."""
    value: int = env.int(name, default=default)
    if value < 1 or (most and value > most):
        allowed = f"from 1 to {most}" if most else "1 or more"
        raise ImproperlyConfigured(f"{name} must be {allowed}; see docs/operations.md")
    return value


# --- Product ----------------------------------------------------------------------------------
PRODUCT_NAME = "专业技术人员继续教育学时系统"
PRODUCT_VERSION = "0.1"
ROOT_REGION = env.str("ROOT_REGION", default="450000")
HELP_CONTACT = env.str("HELP_CONTACT", default="0771-0000000（示例）")

# --- Secrets ----------------------------------------------------------------------------------
SECRET_KEY = secret("SECRET_KEY", "development-only-" + "x" * 50)
# "id:base64" pairs of 32-byte AES keys, newest first: the first one encrypts, all decrypt.
FIELD_KEYS = secret("FIELD_KEYS", "dev:ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMtMDE=")
DIGEST_KEY = secret("DIGEST_KEY", "development-only-digest-key")

# --- Web --------------------------------------------------------------------------------------
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"] if DEBUG else [])
# The base of links in mails and in the QR codes of certificates.
OWN_URL = (
    f"http://127.0.0.1:{env.str('PORT', default='8000')}"
    if DEBUG
    else f"https://{next(iter(ALLOWED_HOSTS), '').lstrip('.')}"
)
SITE_URL = env.str("SITE_URL", default=OWN_URL).rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "mptt",
    "config",
    "organizations",
    "accounts",
    "hours",
]
if DEBUG:
    INSTALLED_APPS.append("demo")  # demonstration data and benchmarks

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.web.middleware.no_store",
    "config.web.middleware.limit_request_size",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LoginRequiredMiddleware",
    "accounts.middleware.RequireOwnPassword",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.frame",
            ],
            "builtins": ["config.templatetags.formatting", "hours.templatetags.tones"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

# --- Security ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],  # Bootstrap draws arrows and ticks as data: images; blob: are chosen files
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if DEBUG else 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- People -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.AnyIdentifierBackend"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "accounts.people_import.FirstPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "phone", "email")},
    },
    {"NAME": "accounts.passwords.MinimumLengthValidator"},
    {"NAME": "accounts.passwords.IdNumberValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# The pair of identifier and address is locked, so that nobody can lock another person out from elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# Behind a proxy REMOTE_ADDR is the same for everybody.
AXES_CLIENT_IP_CALLABLE = "config.web.limits.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
# An identifier may be an ID number, which must not be stored or logged: axes gets its keyed digest.
AXES_USERNAME_CALLABLE = "accounts.backends.digest_of_identifier"
AXES_SENSITIVE_PARAMETERS = ["username", "password"]
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # it would list digests; setting a password unlocks

# --- Data -------------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "config.sqlite"
    # Measured: with Django's defaults 30 % of concurrent writes fail, with these none.
    # FULL loses no acknowledged write in a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = None  # PostgreSQL: a new connection per request costs 90 % of the throughput

# Holds the counts of the limits below. With CACHE_URL=redis://… all web processes share them.
CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://")}

# --- Numbers that an installation may change ----------------------------------------------------
# docs/operations.md lists them. Numbers that only developers tune are in constants.py.
MEGABYTE = 1024 * 1024
# Requests per client address (config/web/limits.py). A whole school or office may share one address.
CHECKS_A_MINUTE = positive("CHECKS_A_MINUTE", 30)
FAILED_LOG_INS_IN_TEN_MINUTES = positive("FAILED_LOG_INS_IN_TEN_MINUTES", 200)
SIGN_UPS_IN_TEN_MINUTES = positive("SIGN_UPS_IN_TEN_MINUTES", 100)
PASSWORD_RESETS_IN_TEN_MINUTES = positive("PASSWORD_RESETS_IN_TEN_MINUTES", 30)
NEW_UNITS_IN_TEN_MINUTES = positive("NEW_UNITS_IN_TEN_MINUTES", 30)
# Log-in.
AXES_FAILURE_LIMIT = positive("LOG_IN_ATTEMPTS", 8)
LOG_IN_LOCK_MINUTES = positive("LOG_IN_LOCK_MINUTES", 15)
AXES_COOLOFF_TIME = timedelta(minutes=LOG_IN_LOCK_MINUTES)
SESSION_COOKIE_AGE = positive("SESSION_HOURS", 12) * 60 * 60
# Rows per page, and hits of the unit search.
QUEUE_PAGE_SIZE = positive("QUEUE_PAGE_SIZE", 50)
LIST_PAGE_SIZE = positive("LIST_PAGE_SIZE", 50)
SHORT_LIST_PAGE_SIZE = positive("SHORT_LIST_PAGE_SIZE", 20)
ADMIN_PAGE_SIZE = positive("ADMIN_PAGE_SIZE", 50)
UNIT_SEARCH_HITS = positive("UNIT_SEARCH_HITS", 10)
# Rows of one request.
SUBMISSION_MAX_REGISTRATIONS = positive("SUBMISSION_MAX_REGISTRATIONS", 500)
BULK_MAX_REGISTRATIONS = positive("BULK_MAX_REGISTRATIONS", 200)
ADMIN_MAX_SELECTED = positive("ADMIN_MAX_SELECTED", 200)
COLLECTIVE_MAX_PEOPLE = positive("COLLECTIVE_MAX_PEOPLE", 2000, most=2000)  # a sealed draft has to fit into a form
CERTIFICATE_MAX_PEOPLE = positive("CERTIFICATE_MAX_PEOPLE", 500)
EXPORT_MAX_ROWS = positive("EXPORT_MAX_ROWS", 100_000)
IMPORT_MAX_ROWS = positive("IMPORT_MAX_ROWS", 100_000)
API_MAX_ITEMS = positive("API_MAX_ITEMS", 1000)
MAX_PENDING_UNITS = positive("MAX_PENDING_UNITS", 20)  # added by one person
# Files.
ATTACHMENT_MAX_COUNT = positive("ATTACHMENT_MAX_COUNT", 8)
ATTACHMENT_MAX_BYTES = positive("ATTACHMENT_MAX_MB", 10) * MEGABYTE
ATTACHMENTS_MAX_BYTES = ATTACHMENT_MAX_COUNT * ATTACHMENT_MAX_BYTES  # of one registration
ATTACHMENTS_PERSON_MAX_BYTES = positive("ATTACHMENTS_PERSON_MAX_MB", 1000) * MEGABYTE  # of all registrations
WAITING_ATTACHMENTS_MAX_BYTES = positive("WAITING_ATTACHMENTS_MAX_MB", 100) * MEGABYTE  # of one person's unsaved forms
ROSTER_MAX_BYTES = positive("ROSTER_MAX_MB", 5) * MEGABYTE
IMPORT_MAX_BYTES = positive("IMPORT_MAX_MB", 20) * MEGABYTE
API_MAX_BYTES = positive("API_MAX_MB", 1) * MEGABYTE
REQUEST_MAX_BYTES = positive("REQUEST_MAX_MB", 128) * MEGABYTE  # above the allowed files, so that the form names those
# Above these a registration has to be confirmed.
PLAUSIBLE_HOURS = positive("PLAUSIBLE_HOURS", 80)
PLAUSIBLE_DAYS = positive("PLAUSIBLE_DAYS", 15)
# Time.
WAITING_COMPLETION_DAYS = positive("WAITING_COMPLETION_DAYS", 730)  # reported for people or courses not known yet
LATE_AFTER_DAYS = positive("LATE_AFTER_DAYS", 14)  # a registration that waits longer is marked
NOTICE_RETRY_MINUTES = env.list("NOTICE_RETRY_MINUTES", cast=int, default=[5, 30, 180, 1440])
if min(NOTICE_RETRY_MINUTES, default=1) < 1:
    raise ImproperlyConfigured("NOTICE_RETRY_MINUTES must each be 1 or more; see docs/operations.md")
CERTIFICATE_REUSE_HOURS = positive("CERTIFICATE_REUSE_HOURS", 12)  # a bulk issue repeats nothing within them
IMPORT_CONFIRM_HOURS = positive("IMPORT_CONFIRM_HOURS", 12)
APPOINTMENT_CONFIRM_MINUTES = positive("APPOINTMENT_CONFIRM_MINUTES", 15)
# A whole page can be ticked and sent, and a form holds all its files.
for smaller, larger, fits in (
    ("QUEUE_PAGE_SIZE", "BULK_MAX_REGISTRATIONS", QUEUE_PAGE_SIZE <= BULK_MAX_REGISTRATIONS),
    ("LIST_PAGE_SIZE", "SUBMISSION_MAX_REGISTRATIONS", LIST_PAGE_SIZE <= SUBMISSION_MAX_REGISTRATIONS),
    ("ATTACHMENT_MAX_COUNT × ATTACHMENT_MAX_MB", "REQUEST_MAX_MB", ATTACHMENTS_MAX_BYTES <= REQUEST_MAX_BYTES),
):
    if not fits:
        raise ImproperlyConfigured(f"{larger} is too small for {smaller}; see docs/operations.md")

# --- Language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
FORMAT_MODULE_PATH = ["config.formats"]

# --- Files ------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))()
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("bootstrap/css", BASE_DIR / "node_modules" / "bootstrap" / "dist" / "css"),
    ("bootstrap/js", BASE_DIR / "node_modules" / "bootstrap" / "dist" / "js"),
    ("bootstrap-icons", BASE_DIR / "node_modules" / "bootstrap-icons" / "font"),
]
# In development files are served from their source, in production from STATIC_ROOT (collectstatic).
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG
ATTACHMENTS_ROOT = env.path("ATTACHMENTS_ROOT", default=str(BASE_DIR / "var" / "attachments"))()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": ATTACHMENTS_ROOT}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# The fields of one request, without files.
DATA_UPLOAD_MAX_MEMORY_SIZE = max(MEGABYTE, API_MAX_BYTES)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000 + max(SUBMISSION_MAX_REGISTRATIONS, BULK_MAX_REGISTRATIONS, ADMIN_MAX_SELECTED)
FILE_UPLOAD_PERMISSIONS = 0o600

# --- Certificates -----------------------------------------------------------------------------
# The font of 年度学时证明, embedded as a subset: reportlab's own Chinese fonts need fonts on the reader's machine.
CERTIFICATE_FONTS = BASE_DIR / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"

# --- Mail and log -----------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="noreply@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
