"""The web process's entry, for gunicorn or any other WSGI server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from console.chunked import Measured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings.production")

application = Measured(get_wsgi_application(), most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
