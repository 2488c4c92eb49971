"""One machine, nothing to install: embedded PostgreSQL, a broker made of files, mails in a folder.

Whatever the environment names instead (`DATABASE_URL`, `CELERY_BROKER_URL`, `CACHE_URL`, `EMAIL_URL`) wins.
"""

from console.settings.base import *  # noqa: F403
from console.settings.base import BONGSU_HOME, databases, env
from console.settings.local import (
    embedded_postgres,
    folder_broker,
    local_field_key,
    local_hosts,
    local_secret_key,
)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or local_secret_key(BONGSU_HOME)
BONGSU_FIELD_KEYS = env.list("BONGSU_FIELD_KEYS", default=[]) or [local_field_key(BONGSU_HOME)]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=local_hosts(env.str("HOST", default="127.0.0.1")))
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

EMBEDDED_POSTGRES = embedded_postgres(env, BONGSU_HOME)
DATABASES = databases(env.str("DATABASE_URL", default="") or getattr(EMBEDDED_POSTGRES, "url", ""))

if env.str("CELERY_BROKER_URL", default=""):
    CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
else:
    vars().update(folder_broker(BONGSU_HOME))

# A folder, because several processes share the cache.
CACHES = {"default": env.cache_url("CACHE_URL", default=f"filecache://{BONGSU_HOME / 'cache'}")}

if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
else:  # not as an address: django-environ takes the first slash off its path
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = BONGSU_HOME / "mail"
