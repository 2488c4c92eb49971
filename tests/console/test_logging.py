"""A mistake of ours is written down, whatever DEBUG says: the error page promises it."""

import subprocess
import sys

from django.conf import settings

SCRIPT = """
import logging, django
django.setup()
logging.getLogger("django.request").error("Internal Server Error: /here/")
logging.getLogger("django").info("not worth a line")
"""


def test_an_error_reaches_the_log_once() -> None:
    assert settings.DEBUG is False
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=settings.BASE_DIR
    ).stderr
    assert said.count("ERROR django.request: Internal Server Error: /here/") == 1
    assert "not worth a line" not in said
