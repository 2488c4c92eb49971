"""What every environment shares. Values come from the environment through django-environ."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from console.appearance import UNFOLD as CONSOLE_APPEARANCE
from console.queues import QUEUE_OF_TASK, Queue, TaskName

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

BONGSU_HOME = Path(env.str("BONGSU_HOME", default=str(BASE_DIR / "var"))).resolve()
PORT = env.int("PORT", default=8000)
# Locks of this machine's processes; nothing in it outlives them.
RUN_FOLDER = BONGSU_HOME / "run"


def databases(url: str) -> dict[str, dict[str, Any]]:
    """Django's DATABASES of that URL, with the settings that every connection of ours has."""
    # The server's list of sessions says which process each one is.
    process = env.str("BONGSU_PROCESS", default="") or Path(sys.argv[0]).name or "python"
    options = {
        "application_name": f"bongsu {process}",
        "connect_timeout": 10,
        # A process that is frozen in a transaction does not hold its locks for ever. Statements of
        # milliseconds are not compiled first, which some servers would do for every fetch of reports.
        "options": "-c idle_in_transaction_session_timeout=120s -c jit=off",
    }
    database = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, **env.db_url_config(url)}
    database["OPTIONS"] = options | database.get("OPTIONS", {})
    return {"default": database}


INSTALLED_APPS = [
    # Basic: unfold's default config would put its own site in place of ours.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "console.apps.ConsoleAdminConfig",
    "console.apps.ConsoleConfig",
    "console.accounts",
    "senders",
    "messaging",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_celery_beat",
    "auditlog",
    "axes",
    "csp",
    "ninja",  # for the files of the API's page
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.accounts.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.accounts.middleware.AuditMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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

AUTH_USER_MODEL = "accounts.User"
# The trail is a table of our own; auditlog's stays unmade.
AUDITLOG_LOGENTRY_MODEL = "accounts.AuditEntry"
MIGRATION_MODULES = {"auditlog": None}
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

SESSION_ENGINE = "console.accounts.sessions"
# However busy its person is, a session ends so long after the sign-in.
BONGSU_SESSION_HOURS = env.int("BONGSU_SESSION_HOURS", default=14 * 24)
# Entries of the audit trail are kept so long; a trigger holds them for two years whatever stands here.
BONGSU_TRAIL_YEARS = max(2, env.int("BONGSU_TRAIL_YEARS", default=5))
AXES_HANDLER = "console.accounts.sign_in_trail.RecordingHandler"
# Five wrong passwords for one account from one address close it for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Twenty from wherever close it to every address that is not known as its owner's.
AXES_LOCKOUT_PARAMETERS = "console.accounts.lock_out.counted_by"
AXES_RESET_ON_SUCCESS = True
# Else whoever goes on guessing would keep the owner out for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "console.signing_in.locked_out"
AXES_CLIENT_IP_CALLABLE = "console.accounts.middleware.client_address"
# How many proxies of ours stand in front: so many of the last addresses in X-Forwarded-For are believed.
BONGSU_TRUSTED_PROXIES = env.int("BONGSU_TRUSTED_PROXIES", default=0)
CSRF_FAILURE_VIEW = "console.errors.csrf_failure"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = ["console.formats"]
TIME_ZONE = "Asia/Seoul"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BONGSU_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

# Everything that people upload. Never below STATIC_ROOT, never served by a web server.
PRIVATE_ROOT = BONGSU_HOME / "private"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": PRIVATE_ROOT,
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_HANDLERS = [
    "console.uploads.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# Django's own choice logs nothing where DEBUG is off, and mails what nobody reads.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},  # a wrong address or form of somebody's is no mistake of ours
    },
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# unfold drives its components with Alpine, which evaluates expressions: the one concession of the policy.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

CELERY_TASK_IGNORE_RESULT = True
# Nothing talks to a running worker over the broker: the database is what it works from.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# A task that was lost is found again by a sweep, so nothing waits for a broker to confirm.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000  # kilobytes; a pool's child that grew past it is replaced
CELERY_TASK_DEFAULT_QUEUE = Queue.SWEEPS.value
CELERY_TASK_ROUTES = {task.value: {"queue": queue.value} for task, queue in QUEUE_OF_TASK.items()}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
# A sweep that waited longer than its period says nothing new: it expires instead of piling up.
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": TaskName.SWEEP.value, "schedule": 1.0, "options": {"expires": 5}},
    "collect reports": {"task": TaskName.COLLECT_REPORTS.value, "schedule": 1.0, "options": {"expires": 5}},
    "collect results": {"task": TaskName.COLLECT_RESULTS.value, "schedule": 1.0, "options": {"expires": 5}},
    "collect opt-outs": {
        "task": TaskName.COLLECT_OPT_OUTS.value,
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "mail notices": {
        "task": TaskName.MAIL_NOTICES.value,
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "mail results": {
        "task": TaskName.MAIL_PENDING_RESULTS.value,
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep senders": {
        "task": TaskName.SWEEP_SENDERS.value,
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "remove stray files": {
        "task": TaskName.REMOVE_STRAY_FILES.value,
        "schedule": 86400.0,
        "options": {"expires": 3600},
    },
    "remove old documents": {
        "task": TaskName.REMOVE_OLD_DOCUMENTS.value,
        "schedule": 86400.0,
        "options": {"expires": 3600},
    },
    "prune sign-ins": {
        "task": TaskName.PRUNE_SIGN_INS.value,
        "schedule": 86400.0,
        "options": {"expires": 3600},
    },
    "collect events": {"task": TaskName.COLLECT_EVENTS.value, "schedule": 1.0, "options": {"expires": 5}},
    "keep schedules": {
        "task": TaskName.KEEP_SCHEDULES.value,
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "pulse": {"task": TaskName.PULSE.value, "schedule": 10.0, "options": {"expires": 10}},
    "fold counts": {"task": TaskName.FOLD_COUNTS.value, "schedule": 5.0, "options": {"expires": 10}},
    "prune signatures": {
        "task": TaskName.PRUNE_SIGNATURES.value,
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "check limits": {"task": TaskName.CHECK_LIMITS.value, "schedule": 60.0, "options": {"expires": 60}},
    "back up": {"task": TaskName.BACK_UP.value, "schedule": 120.0, "options": {"expires": 60}},
    "drop history": {"task": TaskName.DROP_HISTORY.value, "schedule": 600.0, "options": {"expires": 300}},
    "maintain partitions": {
        "task": TaskName.MAINTAIN_PARTITIONS.value,
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
}

# A lower layer names an interface; what fulfils it is named here.
# `is_cleared(user=…, project=…) -> bool`, and the page to go to until it says yes.
IDENTITY_GATE = "senders.services.verification.is_cleared"
IDENTITY_PAGE = "admin:senders_identity"
# `() -> Exists`: the same of a row of memberships, for lists.
IDENTITY_EXPRESSION = "senders.services.verification.approved_membership"
# `is_settled(user=…) -> bool`: whether name and phone number are those of a verified person, and stay.
IDENTITY_SETTLED = "senders.services.verification.is_settled"
PHONE_VERIFICATION_PROVIDER = "messaging.sending.one_time_codes.OwnPipelineProvider"
# `(project) -> str`: why the project's SMS service cannot be closed, or "".
PROJECT_CLOSING_CHECKS = (
    "senders.services.opt_out_lines.why_not_close",
    "messaging.sending.closing.why_not_close",
)
# `(line) -> Sequence[LineUse]`: the advertising still to come that names an 080 line.
OPT_OUT_LINE_USES = "messaging.admin.line_uses.upcoming_uses"

# The address by which people reach the console, as mails link to it.
BONGSU_URL = env.str("BONGSU_URL", default=f"http://127.0.0.1:{PORT}")
# Whether reviewers and administrators must sign in with a second factor.
BONGSU_STAFF_TWO_FACTOR = env.bool("BONGSU_STAFF_TWO_FACTOR", default=False)

BONGSU_MAX_UPLOAD_BYTES = env.int("BONGSU_MAX_UPLOAD_BYTES", default=200 * 1024 * 1024)
BONGSU_MAX_ROWS = env.int("BONGSU_MAX_ROWS", default=1_000_000)
# The console's own number: one-time codes for projects that have no sender number yet come from it.
BONGSU_SYSTEM_SENDER = env.str("BONGSU_SYSTEM_SENDER", default="15880000")
# Sender numbers that a person may have, unless an administrator raised it for them; and whom to ask for it.
BONGSU_NUMBERS_PER_MEMBER = env.int("BONGSU_NUMBERS_PER_MEMBER", default=10)
BONGSU_CONTACT = env.str("BONGSU_CONTACT", default="")
# A one-time code that was not handed over so long after its release is not sent any more.
BONGSU_AUTH_MINUTES = env.int("BONGSU_AUTH_MINUTES", default=10)
# Calls a second that the programs of a project may make, over all processes; more are told to wait.
BONGSU_API_RATE = env.int("BONGSU_API_RATE", default=300)
# A worker that says nothing for so long is taken for dead, and its chunk or file goes to another.
BONGSU_LEASE_SECONDS = env.int("BONGSU_LEASE_SECONDS", default=30)
# The same for a webhook: longer than its longest call.
BONGSU_WEBHOOK_LEASE_SECONDS = env.int("BONGSU_WEBHOOK_LEASE_SECONDS", default=60)
# Where projects' history is backed up on this machine: each below a folder of its own. "" offers only S3.
BONGSU_BACKUP_ROOT = env.str("BONGSU_BACKUP_ROOT", default=str(BONGSU_HOME / "backups"))
# Networks (CIDR) of our own that storages and receivers named by projects may stand in; none by default.
BONGSU_ALLOWED_NETWORKS = env.list("BONGSU_ALLOWED_NETWORKS", default=[])
# A worker or beat that was not seen for so long is late, and then gone.
BONGSU_LATE_SECONDS = env.int("BONGSU_LATE_SECONDS", default=15)
BONGSU_GONE_SECONDS = env.int("BONGSU_GONE_SECONDS", default=60)
BONGSU_PRODUCT_NAME = _("Bongsu")

UNFOLD = CONSOLE_APPEARANCE
