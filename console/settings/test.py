"""Tests: a real PostgreSQL (thrown away unless `DATABASE_URL` names one), nothing else outside the process.

The first process of a test run chooses a home; what it starts (xdist's workers, servers) inherits the choice.
`tests/conftest.py` starts the server.
"""

import base64
import os
import secrets
import tempfile
from pathlib import Path

_name = f"bongsu-test-{os.getpid()}-{secrets.token_hex(4)}"
os.environ.setdefault("BONGSU_TEST_HOME", str(Path(tempfile.gettempdir()) / _name))
os.environ["BONGSU_HOME"] = os.environ["BONGSU_TEST_HOME"]

from console.embedded import EmbeddedPostgres  # noqa: E402
from console.settings.base import *  # noqa: E402, F403
from console.settings.base import BONGSU_HOME, STORAGES, databases, env  # noqa: E402

# Folders for each of xdist's workers: what one finds without a row in its database may be another's.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
PRIVATE_ROOT = BONGSU_HOME / _worker / "private"
RUN_FOLDER = BONGSU_HOME / _worker / "run"
STORAGES["default"]["OPTIONS"]["location"] = PRIVATE_ROOT

DEBUG = False
SECRET_KEY = "for tests only"  # noqa: S105
BONGSU_FIELD_KEYS = [base64.urlsafe_b64encode(b"for tests only: 32 bytes, public").decode()]
ALLOWED_HOSTS = ["*"]

_given = env.str("DATABASE_URL", default="")
EMBEDDED_POSTGRES = None if _given else EmbeddedPostgres(BONGSU_HOME, throwaway=True)
DATABASES = databases(_given or getattr(EMBEDDED_POSTGRES, "url", ""))
DATABASES["default"]["TEST"] = {"NAME": f"test_{BONGSU_HOME.name}".replace("-", "_")}

CELERY_BROKER_URL = "memory://"
CELERY_TASK_ALWAYS_EAGER = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DEFAULT_FROM_EMAIL = "console@example.com"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
AXES_ENABLED = env.bool("AXES_ENABLED", default=False)
