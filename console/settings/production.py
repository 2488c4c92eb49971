"""Everything from the environment; no secret has a default, and a missing one is named at start.

| variable | holds |
|---|---|
| `SECRET_KEY` | Django's secret |
| `BONGSU_FIELD_KEYS` | Fernet keys of the encrypted columns, newest first, separated by commas |
| `DATABASE_URL` | `postgresql://user:password@host:5432/name` |
| `CELERY_BROKER_URL` | `amqp://…` (RabbitMQ) or `redis://…` |
| `CACHE_URL` | `rediscache://…`; shared by all machines |
| `EMAIL_URL` | `smtp+tls://user:password@host:587` |
| `ALLOWED_HOSTS`, `CSRF_TRUSTED_ORIGINS` | host names; origins with `https://` |
| `BONGSU_URL` | the address that mails link to; the first of `CSRF_TRUSTED_ORIGINS` where unset |
| `BONGSU_STAFF_TWO_FACTOR` | whether reviewers and administrators must sign in with a second factor (no) |
| `BONGSU_SESSION_HOURS` | how long after the sign-in a session ends, however busy it is (24) |
| `BONGSU_TRUSTED_PROXIES` | how many proxies stand in front; the client's address and scheme come from them |
| `SECURE_HSTS_INCLUDE_SUBDOMAINS`, `SECURE_HSTS_PRELOAD` | where every host of the domain speaks HTTPS (no) |
| `BONGSU_HOME` | the folder of uploads, shared by web and workers |
| `BONGSU_TRAIL_YEARS` | for how many years the audit trail is kept: five; two at least |
| `BONGSU_NUMBERS_PER_MEMBER` | sender numbers that a person may have where nobody allows more (10) |
| `BONGSU_CONTACT` | whom the pages name for a higher limit of sender numbers: an address; nobody by default |
| `BONGSU_AUTH_MINUTES` | for how long after its release a one-time code is still handed over (10) |
"""

from console.settings.base import *  # noqa: F403
from console.settings.base import BONGSU_TRUSTED_PROXIES, MIDDLEWARE, databases, env

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
BONGSU_FIELD_KEYS = env.list("BONGSU_FIELD_KEYS")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS")
BONGSU_URL = env.str("BONGSU_URL", default=next(iter(CSRF_TRUSTED_ORIGINS), ""))

EMBEDDED_POSTGRES = None
DATABASES = databases(env.str("DATABASE_URL"))
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
CACHES = {"default": env.cache_url("CACHE_URL")}
vars().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz/(ready/)?$"]
# Anybody may write that header; a proxy of ours overwrites it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BONGSU_TRUSTED_PROXIES > 0 else None
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
SESSION_COOKIE_SECURE = True
# Browsers take a cookie of that name from this host alone, for all of it, over HTTPS.
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_AGE = 12 * 3600
BONGSU_SESSION_HOURS = env.int("BONGSU_SESSION_HOURS", default=24)
_session = MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware")
MIDDLEWARE = [
    *MIDDLEWARE[: _session + 1],
    "console.accounts.middleware.SessionInUseMiddleware",
    *MIDDLEWARE[_session + 1 :],
]
CSRF_COOKIE_SECURE = True
