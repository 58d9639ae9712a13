"""Django settings, configured by environment variables (docs/deployment.md lists them).

The defaults are safe. Only `PRESSMARK_DEMO=1`, which `make run` and `manage.py` set, relaxes
them: plain HTTP, and demo accounts on the sign-in page.
"""

import contextlib
import os
import secrets
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.2.0"

DEMO: bool = env.bool("PRESSMARK_DEMO", default=False)
TESTING = "pytest" in sys.modules

# The SQLite database, the secret key and collected static files.
DATA_DIR = Path(env.str("PRESSMARK_DATA", default=str(BASE_DIR / "data"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _get_or_create_secret(path: Path) -> str:
    if not path.exists():
        # Linking is atomic, so processes that start at the same time read the same key.
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
            file.write(secrets.token_urlsafe(64))
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text()


SECRET_KEY: str = env.str("SECRET_KEY", default="") or _get_or_create_secret(
    DATA_DIR / "secret_key"
)
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
    "axes",
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
    "config.outages.retry_read_middleware",
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
    "config.ui.middleware.never_cache_pages_middleware",
    "axes.middleware.AxesMiddleware",
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

DATABASES = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'pressmark.sqlite3'}")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# FULL: a commit survives a power failure. NORMAL does not wait for the disk.
SQLITE_SYNCHRONOUS: str = env.str("PRESSMARK_SQLITE_SYNCHRONOUS", default="FULL")
if SQLITE_SYNCHRONOUS not in ("FULL", "NORMAL"):
    raise ImproperlyConfigured("PRESSMARK_SQLITE_SYNCHRONOUS must be FULL or NORMAL.")

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "config.db.sqlite"
    # pytest-django only sets this for Django's own engine.
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}
    # Opening the file takes longer than most queries.
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        # Lock when a transaction begins: a read that turns into a write could not wait.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;"
            f"PRAGMA synchronous={SQLITE_SYNCHRONOUS};"
            "PRAGMA foreign_keys=ON;"
            "PRAGMA temp_store=MEMORY;"
            "PRAGMA mmap_size=134217728;"
            "PRAGMA journal_size_limit=67108864;"
            "PRAGMA cache_size=-20000;"
        ),
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    # Each request checks the connection that it reuses: the server may have restarted.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Wrong sign-ins of an account from an address before both have to wait, and how long.
AXES_FAILURE_LIMIT: int = env.int("PRESSMARK_SIGN_IN_FAILURES", default=10)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("PRESSMARK_SIGN_IN_WAIT_MINUTES", default=15))
# In the order that the handler expects.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username", "ip_address"]
AXES_HANDLER = "annotate.accounts.sign_in_limits.SignInHandler"
AXES_LOCKOUT_CALLABLE = "annotate.accounts.sign_in_limits.mark_as_refused"
AXES_CLIENT_IP_CALLABLE = "annotate.accounts.sign_in_limits.get_address"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_VERBOSE = False

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

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
LOCALE_PATHS = [BASE_DIR / "config" / "ui" / "locale"]
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# Find files per request instead of once at startup.
WHITENOISE_AUTOREFRESH = TESTING or DEBUG
# The demo also serves files that were not collected.
WHITENOISE_USE_FINDERS = TESTING or DEBUG or DEMO
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "config.ui.static.HashedStaticFilesStorage"
    },
}

HTTPS = not DEMO and not TESTING
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS: int = env.int("SECURE_HSTS_SECONDS", default=31536000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# Number of own reverse proxies, each of which appends to X-Forwarded-For.
TRUSTED_PROXY_COUNT: int = env.int("TRUSTED_PROXY_COUNT", default=0)
if TRUSTED_PROXY_COUNT:
    # Without a proxy that sets this header, a client could claim to use HTTPS.
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

# Limit of a text in UTF-8 bytes, wherever it comes from.
MAX_TEXT_BYTES: int = env.int("PRESSMARK_MAX_TEXT_BYTES", default=2_000_000)
# Limit of a fetched page, decompressed.
MAX_PAGE_BYTES: int = env.int("PRESSMARK_MAX_PAGE_BYTES", default=8_000_000)
# Room for a text with JSON escapes and metadata.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * MAX_TEXT_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = MAX_TEXT_BYTES
# Limit of an import upload.
MAX_IMPORT_BYTES: int = env.int("PRESSMARK_MAX_IMPORT_BYTES", default=500_000_000)
MAX_UPLOADED_FILES = 5_000
FILE_UPLOAD_HANDLERS = ["config.http.uploads.SharedFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FILES = None

# If set, for example to https://www.wikidata.org/w/api.php, entity lookups are sent there.
WIKIDATA_API: str = env.str("WIKIDATA_API", default="")
# An email address or URL for the User-Agent header.
CONTACT: str = env.str("PRESSMARK_USER_AGENT_CONTACT", default="")
USER_AGENT = f"Pressmark/{VERSION}" + (f" ({CONTACT})" if CONTACT else "")

# Minimum seconds between two pages of a site; robots.txt can ask for more.
CRAWL_DELAY: float = env.float("PRESSMARK_CRAWL_DELAY", default=2.0)
# Seconds for a page, including redirects.
FETCH_TIMEOUT: float = env.float("PRESSMARK_FETCH_TIMEOUT", default=20.0)
MAX_FEEDS_PER_USER: int = env.int("PRESSMARK_MAX_FEEDS_PER_USER", default=100)
# Hosts and networks that may be requested although they are not public (config.http.policy).
ALLOWED_PRIVATE_HOSTS: list[str] = env.list("PRESSMARK_ALLOWED_PRIVATE_HOSTS", default=[])

# Long-polling requests per process; each holds a thread.
MAX_LONG_POLLS: int = env.int("PRESSMARK_MAX_LONG_POLLS", default=3)

# Rate limit counters are per process unless CACHE_URL names a shared cache.
CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://?max_entries=50000")}


def _get_rate_limit(variable: str, default: int) -> int:
    """Return a number of requests per minute. 0 or an empty value means no limit."""
    value: str = env.str(variable, default=str(default)) or "0"
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{variable} must be a number of requests such as {default}.")
    return int(value)


READS_PER_MINUTE = _get_rate_limit("PRESSMARK_READS_PER_MINUTE", 3000)
WRITES_PER_MINUTE = _get_rate_limit("PRESSMARK_WRITES_PER_MINUTE", 1200)
ANONYMOUS_PER_MINUTE = _get_rate_limit("PRESSMARK_ANONYMOUS_PER_MINUTE", 600)

# Any origin may use the API, but without cookies: anonymously or with a token.
CORS_URLS_REGEX = "^/api/"
CORS_ALLOWED_ORIGINS: list[str] = env.list("CORS_ORIGINS", default=["*"])
CORS_ALLOW_ALL_ORIGINS = CORS_ALLOWED_ORIGINS == ["*"]
if CORS_ALLOW_ALL_ORIGINS:
    CORS_ALLOWED_ORIGINS = []
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE"]
CORS_ALLOW_HEADERS = [
    *("Accept", "Authorization", "Content-Type"),
    *("Idempotency-Key", "If-Match", "If-None-Match"),
]
CORS_EXPOSE_HEADERS = [
    *("ETag", "Idempotent-Replayed", "Last-Modified", "Link", "Location"),
    *("RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate"),
]

# Threads of `manage.py runworker` per queue, so that slow tasks do not block other queues.
TASK_THREADS = {
    "default": 1,
    "feeds": 1,
    "imports": 1,
    "webhooks": env.int("PRESSMARK_WEBHOOK_THREADS", default=4),
}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": list(TASK_THREADS)}}
# Seconds without a heartbeat after which the tasks of a worker are run again.
WORKER_HEARTBEAT_TIMEOUT: int = env.int("PRESSMARK_WORKER_HEARTBEAT_TIMEOUT", default=60)
# Seconds for the response of a webhook receiver.
WEBHOOK_TIMEOUT: int = env.int("PRESSMARK_WEBHOOK_TIMEOUT", default=15)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotate.accounts.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticatedOrReadOnly",
        "annotate.accounts.scopes.HasScope",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.api.negotiation.QualityNegotiation",
    "DEFAULT_FILTER_BACKENDS": ["config.api.filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.api.pagination.KeysetPagination",
    "DEFAULT_PARSER_CLASSES": ["config.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "config.api.renderers.JSONRenderer",
        "config.api.renderers.NDJSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_SCHEMA_CLASS": "config.api.schema.ResourceSchema",
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
        "config.api.schema.discriminate_kinds",
        "annotate.accounts.schema.add_access_headers",
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
        "FeedKindEnum": "articles.feeds.models.FeedKind",
        "FeedEntryStateEnum": "articles.feeds.models.EntryState",
        "DeliveryTypeEnum": ["changes", "ping"],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
