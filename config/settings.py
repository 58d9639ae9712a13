"""Every setting of Pressmark: one module, driven by the environment.

Safe by default. `PRESSMARK_DEMO=1` (set by `make run` and `manage.py`) is the one thing that
relaxes it: plain HTTP on this machine, and the demo accounts shown on the sign-in page.
docs/deployment.md lists the variables.
"""

import contextlib
import os
import secrets
import sys
import tempfile
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.2.0"

DEMO: bool = env.bool("PRESSMARK_DEMO", default=False)
TESTING = "pytest" in sys.modules

# Where the embedded database and everything else that this installation makes is kept.
DATA_DIR = Path(env.str("PRESSMARK_DATA", default=str(BASE_DIR / "data"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _kept_secret(path: Path) -> str:
    """Read this installation's own secret key, making it (readable by its owner) at first."""
    if not path.exists():
        # Written whole beside its place and then linked to it: of two processes that start
        # together, both read the key of the one that was first.
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
            file.write(secrets.token_urlsafe(64))
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text()


SECRET_KEY: str = env.str("SECRET_KEY", default="") or _kept_secret(DATA_DIR / "secret_key")
DEBUG: bool = env.bool("DEBUG", default=False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "annotate.search",
    "annotate.workspace",
    "annotate.webhooks",
    "annotate.studies",
    "annotate.reanchoring",
    "annotate",
    "annotate.registry",
    "annotate.projects",
    "articles.imports",
    "articles.feeds",
    "articles.duplicates",
    "articles",
    "annotate.accounts",
    "config.search",
    "config.jobs",
    "config.http",
    "config.api",
    "config.ui",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "config.ui.static.ChosenStaticFilesConfig",
    "corsheaders",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]

MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "annotate.accounts.middleware.api_token_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Database -----------------------------------------------------------------------------

DATABASES = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'pressmark.sqlite3'}")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "config.db.sqlite"
    # Said, as pytest-django knows it of Django's own engine alone.
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}
    # Opening the file and setting it up takes longer than most of what is asked of it.
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        # A writer takes its lock when it begins, so that it waits its turn instead of failing
        # when a read turns into a write; so many seconds.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;"
            "PRAGMA synchronous=NORMAL;"
            "PRAGMA foreign_keys=ON;"
            "PRAGMA temp_store=MEMORY;"
            "PRAGMA mmap_size=134217728;"
            "PRAGMA journal_size_limit=67108864;"
            "PRAGMA cache_size=-20000;"
        ),
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# --- People -------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# --- Language and time --------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
LOCALE_PATHS = [BASE_DIR / "config" / "ui" / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Static files -------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# Files are looked for when asked for, not once at the start.
WHITENOISE_AUTOREFRESH = TESTING or DEBUG
# The demo also serves what was not collected, so that `manage.py runserver` is enough.
WHITENOISE_USE_FINDERS = TESTING or DEBUG or DEMO
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "config.ui.static.HashedStaticFilesStorage"
    },
}

# --- Safety -------------------------------------------------------------------------------

HTTPS = not DEMO and not TESTING
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS: int = env.int("SECURE_HSTS_SECONDS", default=31536000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# How many proxies of our own stand in front, each of which appends to X-Forwarded-For.
TRUSTED_PROXY_COUNT: int = env.int("TRUSTED_PROXY_COUNT", default=0)
if TRUSTED_PROXY_COUNT:
    # Only behind a proxy that sets this header itself; otherwise a client could claim HTTPS.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# The largest text that comes in by any way, in bytes of UTF-8.
MAX_TEXT_BYTES: int = env.int("PRESSMARK_MAX_TEXT_BYTES", default=2_000_000)
# The largest web page that is looked at, with all its markup, in bytes after inflating.
MAX_PAGE_BYTES: int = env.int("PRESSMARK_MAX_PAGE_BYTES", default=8_000_000)
# A request may carry such a text, escaped and with its metadata.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * MAX_TEXT_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = MAX_TEXT_BYTES
# The largest upload of many articles. Files are kept on disk while they come in, all of a request
# in one: a folder may have more of them than a process may have open (config/http/uploads.py).
MAX_IMPORT_BYTES: int = env.int("PRESSMARK_MAX_IMPORT_BYTES", default=500_000_000)
MAX_UPLOADED_FILES = 5_000
FILE_UPLOAD_HANDLERS = ["config.http.uploads.SharedFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FILES = None

# --- What is asked of others --------------------------------------------------------------

# Wikidata's search is asked for candidates only where this is set, such as to
# https://www.wikidata.org/w/api.php; what somebody looks up is then sent there.
WIKIDATA_API: str = env.str("WIKIDATA_API", default="")
# Whom to write to about requests from here: an address of mail or of a page.
CONTACT: str = env.str("PRESSMARK_USER_AGENT_CONTACT", default="")
USER_AGENT = f"Pressmark/{VERSION}" + (f" ({CONTACT})" if CONTACT else "")

# Seconds between two pages of one site, where its robots.txt does not ask for more.
CRAWL_DELAY: float = env.float("PRESSMARK_CRAWL_DELAY", default=2.0)
# Seconds that a server has for one page, with all its redirects.
FETCH_TIMEOUT: float = env.float("PRESSMARK_FETCH_TIMEOUT", default=20.0)
# How many feeds one person may have polled.
MAX_FEEDS_PER_USER: int = env.int("PRESSMARK_MAX_FEEDS_PER_USER", default=100)
# Hosts and networks that may be asked although they are not public, such as `hooks.lan:8080` or
# `10.1.0.0/16` (config/http/policy.py).
ALLOWED_PRIVATE_HOSTS: list[str] = env.list("PRESSMARK_ALLOWED_PRIVATE_HOSTS", default=[])

# How many requests may wait for a change at a time, in each process: each holds a thread.
MAX_LONG_POLLS: int = env.int("PRESSMARK_MAX_LONG_POLLS", default=3)

# --- Who may ask the API, and how often ---------------------------------------------------

# What is counted lies in memory, for each process on its own, unless a shared cache is named.
CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://?max_entries=50000")}


def _per_minute(variable: str, default: int) -> int:
    """Read a number of requests a minute; none, or 0, is no limit."""
    given: str = env.str(variable, default=str(default)) or "0"
    if not given.isdecimal():
        raise ImproperlyConfigured(f"{variable}: give a number of requests, such as {default}.")
    return int(given)


READS_PER_MINUTE = _per_minute("PRESSMARK_READS_PER_MINUTE", 3000)
WRITES_PER_MINUTE = _per_minute("PRESSMARK_WRITES_PER_MINUTE", 1200)
ANONYMOUS_PER_MINUTE = _per_minute("PRESSMARK_ANONYMOUS_PER_MINUTE", 600)

# Pages of any origin may use the API, and never with a cookie: they see what a stranger sees,
# or what they have a token for.
CORS_URLS_REGEX = "^/api/"
CORS_ALLOWED_ORIGINS: list[str] = env.list("CORS_ORIGINS", default=["*"])
CORS_ALLOW_ALL_ORIGINS = CORS_ALLOWED_ORIGINS == ["*"]
if CORS_ALLOW_ALL_ORIGINS:
    CORS_ALLOWED_ORIGINS = []
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE"]
CORS_ALLOW_HEADERS = [
    "Accept",
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotent-Replayed",
    "Last-Modified",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
]
CORS_PREFLIGHT_MAX_AGE = 86400

# --- Tasks --------------------------------------------------------------------------------

# Kept in the database and run by `manage.py runworker`, with so many threads for each queue: what
# takes
# long keeps nothing else waiting. Those of webhooks wait for others most of their time.
TASK_THREADS = {
    "default": 1,
    "feeds": 1,
    "imports": 1,
    "webhooks": env.int("PRESSMARK_WEBHOOK_THREADS", default=4),
}
TASKS = {
    "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": list(TASK_THREADS)},
}
# Seconds after which a worker that says nothing is held for dead, and its tasks are run again.
WORKER_HEARTBEAT_TIMEOUT: int = env.int("PRESSMARK_WORKER_HEARTBEAT_TIMEOUT", default=60)
# Seconds that a receiver has for its answer.
WEBHOOK_TIMEOUT: int = env.int("PRESSMARK_WEBHOOK_TIMEOUT", default=15)

# --- REST API -----------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotate.accounts.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticatedOrReadOnly",
        "annotate.accounts.scopes.HasScope",
    ],
    "DEFAULT_FILTER_BACKENDS": ["config.api.filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.api.pagination.KeysetPagination",
    "DEFAULT_PARSER_CLASSES": ["config.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "config.api.renderers.JSONRenderer",
        "config.api.renderers.NDJSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_SCHEMA_CLASS": "config.api.schema.ResourceSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "config.api.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Pressmark",
    "DESCRIPTION": "Annotated news: articles, claims, entity tags, source links and their sources.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    # Served from here, not from a CDN.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "docExpansion": "none",
        "deepLinking": True,
        "filter": True,
        "validatorUrl": None,
        "persistAuthorization": False,
    },
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.schema.nothing_is_left_open",
        "config.api.schema.words_are_never_empty",
        "config.api.schema.kinds_are_told_apart",
        "config.api.schema.shape_what_is_read",
        "config.api.schema.add_headers",
        "config.api.schema.add_problems",
        "config.api.schema.add_links",
        "config.api.schema.lead_to_versions",
        "annotate.api.schema.lead_to_annotations",
        "annotate.accounts.schema.add_access_responses",
    ],
    "ENUM_NAME_OVERRIDES": {
        "KindEnum": "annotate.models.annotation.Kind",
        "StateEnum": "annotate.models.annotation.State",
        "ActionEnum": "annotate.models.change.Action",
        "DeliveryStateEnum": "annotate.webhooks.models.DeliveryState",
        "BlockKindEnum": "articles.text.blocks.BlockKind",
        "ReanchoringStatusEnum": "annotate.reanchoring.models.STATUS_CHOICES",
        "ImportStateEnum": "articles.imports.models.ImportState",
        "EntityTypeEnum": "annotate.registry.models.EntityType",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
