#!/usr/bin/env python
"""Django's command line, with the development settings unless the environment names others."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings.development")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from console.embedded import EmbeddedPostgresError

    if settings.EMBEDDED_POSTGRES is not None:
        try:
            settings.EMBEDDED_POSTGRES.start()
        except EmbeddedPostgresError as error:
            sys.exit(str(error))
    execute_from_command_line(sys.argv)
