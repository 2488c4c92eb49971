"""Pictures as programs bring them, and what is stored of them."""

import base64
import io
from typing import Any

from django.core.files.storage import default_storage
from PIL import Image

from tests.messaging.api.sens.client import SensClient


def jpeg(width: int = 40, height: int = 30, colour: str = "orange", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(target, format="JPEG", **options)
    return target.getvalue()


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def upload(client: SensClient, content: bytes | None = None, name: str = "sale.jpg") -> Any:
    return client.post("/files", {"fileName": name, "fileBody": text(jpeg() if content is None else content)})


def stored() -> set[str]:
    """The names of all pictures in storage, of whatever project."""
    return set(default_storage.listdir("attachments")[1]) if default_storage.exists("attachments") else set()
