"""Every setting, read from the environment (or ``NAME_FILE`` for a secret in a file, or ``.env``), documented here."""

from __future__ import annotations

import os
import secrets
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from bookverse.logs import formatter
from bookverse.sso import sso_apps
from bookverse.tracing import traces_wanted

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()


DEMO_SECRET = BASE_DIR / "var" / "demo-secret"


def demo_secret() -> str:
    """Return a random key that survives restarts, so that open sessions and callback tokens do too."""
    DEMO_SECRET.parent.mkdir(exist_ok=True)
    if not DEMO_SECRET.exists():
        DEMO_SECRET.touch(mode=0o600)
        DEMO_SECRET.write_text(secrets.token_urlsafe(48))
    return DEMO_SECRET.read_text()


def is_demo_checkout() -> bool:
    """Tell whether `make run` was here and nothing was configured since: manage.py then speaks with its board."""
    is_configured = {"SECRET_KEY", "SECRET_KEY_FILE"} & os.environ.keys() or (BASE_DIR / ".env").exists()
    return DEMO_SECRET.exists() and not is_configured


# BOOKVERSE_DEMO: the simulated BookVerse with demo data and accounts; only `make run` sets it.
DEMO = env.bool("BOOKVERSE_DEMO", default=is_demo_checkout())
if not DEMO:
    # What .env says is meant for a deployment; the demo needs nothing and shall not touch that one's database.
    environ.Env.read_env(BASE_DIR / ".env")
# DEMO_PORT: the first of seven ports of the simulated BookVerse.
DEMO_PORT = env.int("DEMO_PORT", default=8100)
# DEMO_DATA: where the simulated services keep what they accepted.
DEMO_DATA: str = env.str("DEMO_DATA", default=str(BASE_DIR / "var" / "demo"))
# DEBUG: tracebacks in the browser; never in production.
DEBUG = env.bool("DEBUG", default=False)
# SECRET_KEY: signs sessions and callback tokens; at least 50 random characters, required outside the demo.
SECRET_KEY: str = env.str("SECRET_KEY", default="") or (demo_secret() if DEMO else "")
if not SECRET_KEY:
    _message = "Set SECRET_KEY (or SECRET_KEY_FILE) to at least 50 random characters; `make run` needs none."
    raise ImproperlyConfigured(_message)
# AUDIT_KEY: seals the journal, SECRET_KEY when empty. Who changes SECRET_KEY must put the old one here, or no seal made
# before can be verified. Comma separated: the first seals, the others only verify what they once sealed.
AUDIT_KEY: list[str] = env.list("AUDIT_KEY", default=[])
# ALLOWED_HOSTS: the names this board answers to, comma separated.
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEMO else [])
# CSRF_TRUSTED_ORIGINS: https origins of a proxy in front, comma separated.
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# SITE_URL: how people reach the board; an https address switches secure cookies, HSTS and redirects on.
SITE_URL: str = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
# CALLBACK_BASE_URL: how services reach the board, when that differs from SITE_URL.
CALLBACK_BASE_URL: str = env.str("CALLBACK_BASE_URL", default="").rstrip("/") or SITE_URL
# PROXIES: how many proxies of yours stand in front; that many entries of X-Forwarded-For are believed, from the right.
PROXIES = env.int("PROXIES", default=0)
# RATE_LIMIT, CALLBACK_RATE_LIMIT: requests a second from one address, and callbacks a second with one token; as many
# may come at once. RATE_LIMIT=0 switches both off.
RATE_LIMIT = env.int("RATE_LIMIT", default=100)
CALLBACK_RATE_LIMIT = env.int("CALLBACK_RATE_LIMIT", default=20)
# SESSION_IDLE_HOURS, SESSION_MAX_HOURS: after how long a session ends that nobody uses, and any session.
SESSION_COOKIE_AGE = env.int("SESSION_IDLE_HOURS", default=8) * 3600
SESSION_LONGEST = timedelta(hours=env.int("SESSION_MAX_HOURS", default=24))
# SSO_ISSUER: the issuer of the OpenID Connect provider that people may sign in with; it switches the extra sso.lock on.
SSO_ISSUER: str = env.str("SSO_ISSUER", default="")
# SSO_CLIENT_ID, SSO_CLIENT_SECRET: what that provider knows this board by.
SSO_CLIENT_ID: str = env.str("SSO_CLIENT_ID", default="")
SSO_CLIENT_SECRET: str = env.str("SSO_CLIENT_SECRET", default="")
# SSO_NAME: what people call it, as in "Sign in with …".
SSO_NAME: str = env.str("SSO_NAME", default="") or "your organisation"
# SSO_SCOPES: what is asked for besides openid; some providers tell of groups only when asked for them.
SSO_SCOPES: list[str] = env.list("SSO_SCOPES", default=[]) or ["profile"]
# SSO_GROUPS_CLAIM, SSO_ROLES: where the provider says who is in which group, and which roles those mean, as in
# platform-admins=admin,prod-approvers=approver: PROD. Without SSO_ROLES roles are given in the admin.
SSO_GROUPS_CLAIM: str = env.str("SSO_GROUPS_CLAIM", default="") or "groups"
SSO_ROLES: list[str] = env.list("SSO_ROLES", default=[])
# SSO_ONLY: passwords are for superusers only, as a way in while the provider is away.
SSO_ONLY = env.bool("SSO_ONLY", default=False)
# PLATFORM_NAME: the name in the top bar.
PLATFORM_NAME: str = env.str("PLATFORM_NAME", default="BookVerse")
# TIME_ZONE: of times that the server prints; browsers show the viewer's own.
TIME_ZONE: str = env.str("TIME_ZONE", default="UTC")

# JFROG_URL and JFROG_ACCESS_TOKEN: the AppTrust that knows the versions.
JFROG_URL: str = env.str("JFROG_URL", default=f"http://127.0.0.1:{DEMO_PORT}" if DEMO else "").rstrip("/")
JFROG_ACCESS_TOKEN: str = env.str("JFROG_ACCESS_TOKEN", default="demo-token" if DEMO else "")
# PLATFORM_APPLICATION_KEY: the application there that stands for the whole platform; empty for none.
PLATFORM_APPLICATION_KEY: str = env.str("PLATFORM_APPLICATION_KEY", default="bookverse-platform" if DEMO else "")
# BUILD_URL: where a train orders its release branch and build; without it a train says that nothing was built.
BUILD_URL: str = env.str("BUILD_URL", default=f"http://127.0.0.1:{DEMO_PORT + 6}/builds" if DEMO else "")
# OUTBOUND_ALLOW: networks (CIDR) that services may live in though they are private, comma separated.
OUTBOUND_ALLOW: list[str] = env.list("OUTBOUND_ALLOW", default=["127.0.0.0/8"] if DEMO else [])

# SECRETS_KEY: encrypts the addresses of notification channels, SECRET_KEY when empty. Comma separated: the first
# encrypts, the others still decrypt what they once encrypted.
SECRETS_KEY: list[str] = env.list("SECRETS_KEY", default=[])
# NOTIFY_SCHEMES: the kinds of apprise addresses that channels may have, comma separated; workflows are those of Teams.
NOTIFY_SCHEMES: list[str] = env.list("NOTIFY_SCHEMES", default=[]) or [
    "mailto",
    "mailtos",
    "slack",
    "workflows",
    "discord",
    "json",
    "jsons",
]
# What words a journal entry in notifications.
WORDING = "releases.display.sentences.sentence"

# SESSION_TIMEOUT_DEFAULT_MS, SESSION_TIMEOUT_MAX_MS: how long a phase may take, in milliseconds.
SESSION_TIMEOUT_DEFAULT_MS = env.int("SESSION_TIMEOUT_DEFAULT_MS", default=10_000)
SESSION_TIMEOUT_MAX_MS = env.int("SESSION_TIMEOUT_MAX_MS", default=27_000)
# START_LEASE_MS, PROGRESS_LEASE_MS: how long a service may stay silent after it was asked, and between callbacks.
START_LEASE_MS = env.int("START_LEASE_MS", default=30_000)
PROGRESS_LEASE_MS = env.int("PROGRESS_LEASE_MS", default=30_000)
# UNDELIVERABLE_AFTER_MS: how long the board keeps trying to reach a service.
UNDELIVERABLE_AFTER_MS = env.int("UNDELIVERABLE_AFTER_MS", default=120_000)
# COLLECT_EVERY_S: seconds between two collections of versions from AppTrust.
COLLECT_EVERY_S = env.int("COLLECT_EVERY_S", default=60)
# PROBE_EVERY_S: seconds between two rounds of probing what is deployed; 0 to probe only when somebody asks.
PROBE_EVERY_S = env.int("PROBE_EVERY_S", default=60)
# HEALTH_EVERY_S: seconds between two checks of the platform's health; 0 to check only when somebody asks.
HEALTH_EVERY_S = env.int("HEALTH_EVERY_S", default=60)
# HEALTH_SLOW_MS: milliseconds within which 95 % of a service's probes must be answered for it to count as healthy.
HEALTH_SLOW_MS = env.int("HEALTH_SLOW_MS", default=1_000)
# SELF_HEALING: whether the board asks again by itself where an order or its answer got lost, and wakes what got stuck.
SELF_HEALING = env.bool("SELF_HEALING", default=False)
# SELF_HEALING_TRIES: how often it does so before it leaves the promotion to people.
SELF_HEALING_TRIES = env.int("SELF_HEALING_TRIES", default=2)
# RETAIN_CALLBACKS_DAYS: days that callbacks of releases which are over are kept; 0 for ever.
RETAIN_CALLBACKS_DAYS = env.int("RETAIN_CALLBACKS_DAYS", default=0)
# RETAIN_EVENTS_DAYS: days that messages which were delivered or given up are kept; 0 for ever.
RETAIN_EVENTS_DAYS = env.int("RETAIN_EVENTS_DAYS", default=0)
# VALIDATION_TOKEN: the bearer token that validations call services with; without it they send none.
VALIDATION_TOKEN: str = env.str("VALIDATION_TOKEN", default="")
# LOG_FORMAT: text for people, or json for whatever collects the lines; json also has a line for each journal entry.
LOG_FORMAT: str = env.str("LOG_FORMAT", default="text")
# METRICS_TOKEN: the bearer token that Prometheus reads /metrics with; whoever may look at the board reads them too.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")
# METRICS_PORT: where a Celery worker, which serves no pages, answers /metrics; 0 for nowhere.
METRICS_PORT = env.int("METRICS_PORT", default=0)
# OTEL_EXPORTER_OTLP_ENDPOINT: the collector that traces go to, by OTLP over HTTP; empty for no traces. It, the headers
# (name=value, comma separated; for its tokens), OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG mean
# what OpenTelemetry says, as do all others of its names, which its SDK reads by itself.
TRACES = traces_wanted(
    {
        "OTEL_EXPORTER_OTLP_ENDPOINT": env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default=""),
        "OTEL_EXPORTER_OTLP_HEADERS": env.str("OTEL_EXPORTER_OTLP_HEADERS", default=""),
        "OTEL_SERVICE_NAME": env.str("OTEL_SERVICE_NAME", default=""),
        "OTEL_TRACES_SAMPLER": env.str("OTEL_TRACES_SAMPLER", default=""),
        "OTEL_TRACES_SAMPLER_ARG": env.str("OTEL_TRACES_SAMPLER_ARG", default=""),
    }
)
# STOP_NOTICE_S: seconds in which a board that was told to stop still serves but answers /readyz with 503.
STOP_NOTICE_S = env.float("STOP_NOTICE_S", default=0.0 if DEMO else 2.0)
# INITIAL_PLATFORM_VERSION: what the first platform version is called.
INITIAL_PLATFORM_VERSION: str = env.str("INITIAL_PLATFORM_VERSION", default="1.0.0")

INSTALLED_APPS = [
    "bookverse",
    "releases",
    "bookverse.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_htmx",
    "template_partials",
    "channels",
    "csp",
    "ninja",
    "import_export",
    "simple_history",
    "axes",
]

if "runserver" in sys.argv:
    # Only there: importing it would cost every other command a second.
    INSTALLED_APPS.insert(0, "daphne")

MIDDLEWARE = [
    "bookverse.middleware.identified",
    "bookverse.middleware.measured",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bookverse.limits.LimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bookverse.sign_in.SessionLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "releases.web.refusals.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

if SSO_ISSUER:
    INSTALLED_APPS += sso_apps()
    # allauth insists on it; axes wants to stay the last.
    MIDDLEWARE.insert(-1, "allauth.account.middleware.AccountMiddleware")
SOCIALACCOUNT_ADAPTER = "bookverse.sso.provider.OutboundRequests"
if TRACES:
    # Inside the first, which names the request.
    MIDDLEWARE.insert(1, "bookverse.entering.traced")

ROOT_URLCONF = "bookverse.urls"
ASGI_APPLICATION = "bookverse.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

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
                "releases.web.context.page_frame",
            ],
        },
    },
]

# DATABASE_URL: sqlite:///path or postgres://…; the same code runs on both.
_database: dict[str, Any] = env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'board.sqlite3'}")
if _database["ENGINE"] == "django.db.backends.sqlite3":
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    _database["OPTIONS"] = {
        # A deferred transaction that writes later fails with "database is locked" instead of waiting.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    # Opening it anew for every question of a live page costs more than the question.
    _database["CONN_MAX_AGE"] = None
    # Several threads and processes share the tests' database, so it cannot live in memory.
    _database["TEST"] = {"NAME": str(BASE_DIR / "var" / "test.sqlite3")}
else:
    _database["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 16, "timeout": 10}}
    _database["CONN_MAX_AGE"] = 0
DATABASES = {"default": _database}

# REDIS_URL: switches to separate web, worker and beat processes that meet in Redis.
REDIS_URL: str = env.str("REDIS_URL", default="")
_REDIS_HOST = {"address": REDIS_URL, "socket_connect_timeout": 0.25, "socket_timeout": 5}
CHANNEL_LAYERS: dict[str, Any] = {
    "default": (
        {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [_REDIS_HOST]}}
        if REDIS_URL
        else {"BACKEND": "releases.live.layers.ThreadSafeInMemoryLayer"}
    ),
}

CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"socket_connect_timeout": 0.25, "socket_timeout": 5} if REDIS_URL else {"polling_interval": 0.02}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# The database pool and the sweeper are threads of one process, which forked children would tear.
CELERY_WORKER_POOL = "threads"
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "collect versions": {"task": "releases.start_collection", "schedule": COLLECT_EVERY_S},
    "log the journal's heads": {"task": "releases.log_journal_heads", "schedule": 24 * 3600},
}

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "bookverse.roles.RoleBackend"]
# Eight wrong passwords for one name from one address close it to that address for a quarter of an hour. By name alone
# anybody could lock anybody out; by address alone a whole office.
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "bookverse.addresses.client_address"
AXES_LOCKOUT_CALLABLE = "bookverse.sign_in.locked_out"
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "web:login"
LOGIN_REDIRECT_URL = "web:board"
LOGOUT_REDIRECT_URL = "web:login"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The demo and development serve the sources; production serves what collectstatic compressed and named by hash.
_FROM_SOURCE = DEBUG or DEMO
if _FROM_SOURCE:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = _FROM_SOURCE
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if _FROM_SOURCE
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        ),
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_ENGINE = "bookverse.session_keys"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
_HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_SECURE = _HTTPS
if _HTTPS:
    # Browsers take a cookie of such a name only over TLS, for this very host and all of its paths.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
SECURE_SSL_REDIRECT = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_HSTS_PRELOAD = _HTTPS
# The proxy in front ends TLS and says so in this header; without a proxy the header must not come from outside.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": formatter(LOG_FORMAT)},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Each entry of the journals, which for people would be a second copy of what the pages tell.
        "releases.journal": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
        # Who was locked out; a sign-in that worked is no news.
        "axes": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "django_celery_beat": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},
        "uvicorn.error": {"level": "WARNING"},
    },
}
