"""A client of the API that signs on its own, as programs do: nothing of the server's is used here."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from django.http import HttpResponse
from django.test import Client

from console.accounts.models import AccessKey, Project


def signature(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


@dataclass
class Signer:
    """Whoever calls with a key; `ahead` seconds is how wrong its clock is."""

    access_key: str
    secret: str
    ahead: float = 0

    def headers(self, method: str, target: str) -> dict[str, str]:
        timestamp = str(int((time.time() + self.ahead) * 1000))
        return {
            "x-ncp-apigw-timestamp": timestamp,
            "x-ncp-iam-access-key": self.access_key,
            "x-ncp-apigw-signature-v2": signature(
                self.secret, f"{method} {target}\n{timestamp}\n{self.access_key}"
            ),
        }


class SensClient:
    """Calls of one project's program; `target` is what goes over the wire, percent-encoded or not."""

    def __init__(self, project: Project, key: AccessKey) -> None:
        self.project, self.signer, self.http = project, Signer(key.access_key, key.secret), Client()

    def target(self, path: str) -> str:
        return f"/sms/v2/services/{self.project.service_id}{path}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        target: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> HttpResponse:
        """`path` follows the service's; `headers` replace or add to the signed ones."""
        target = target or self.target(path)
        given = {**self.signer.headers(method, target), **(headers or {})}
        parts = urlsplit(target)
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.http.generic(
            method,
            unquote(parts.path),
            content if body is not None else "",
            content_type="application/json; charset=utf-8",
            headers=given,
            QUERY_STRING=parts.query,
            RAW_URI=target,
        )

    def get(self, path: str, **given: Any) -> HttpResponse:
        return self.call("GET", path, **given)

    def post(self, path: str, body: Any, **given: Any) -> HttpResponse:
        return self.call("POST", path, body, **given)

    def delete(self, path: str, body: Any = None, **given: Any) -> HttpResponse:
        return self.call("DELETE", path, body, **given)
