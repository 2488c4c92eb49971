"""The API described as OpenAPI: what ninja reads off the routes, with what only the documents say."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from messaging.api.sens import errors
from messaging.api.sens.auth import ACCESS_KEY, SIGNATURE, TIMESTAMP
from messaging.api.sens.examples import FILE_ID, ROUTES, Route

JSON = "application/json"
ABOUT = """
The calls of SENS SMS API v2, to the letter: a program changes its base URL and its keys, and nothing else.

Every call is signed. The signature is Base64 of HMAC-SHA256, with the key's secret, over

    METHOD SP path-with-query LF timestamp LF access-key

where the path is as it goes over the wire, percent-encoded or not. A signed POST or DELETE is carried out
once. Times of answers are Asia/Seoul.
""".strip()
KEY = """
Any text of at most 255 characters. A POST that is repeated with the same key and the same body has the first
answer, and sends nothing; with another body it is refused.
""".strip().replace("\n", " ")
# The headers of every call; they belong together.
SCHEMES: Mapping[str, tuple[str, str]] = {
    "timestamp": (TIMESTAMP, "Milliseconds since 1970-01-01 00:00:00 UTC, at most five minutes from now."),
    "accessKey": (ACCESS_KEY, "The access key; it belongs to one service."),
    "signature": (SIGNATURE, "The signature of this very call."),
}
# As the document writes them.
PATH_NAMES = {"service_id": "serviceId", "message_id": "messageId", "reserve_id": "reserveId"}
REFUSALS: Mapping[HTTPStatus, errors.Refused] = {
    HTTPStatus.BAD_REQUEST: errors.bad_request(f"S006: this service has no file {FILE_ID}."),
    HTTPStatus.UNAUTHORIZED: errors.unauthorized(
        f"The signature ({SIGNATURE}) does not belong to this call."
    ),
    HTTPStatus.FORBIDDEN: errors.Refused(HTTPStatus.FORBIDDEN, from_gateway=True),
    HTTPStatus.NOT_FOUND: errors.no_service(),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: errors.too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
    HTTPStatus.TOO_MANY_REQUESTS: errors.too_many(),
    HTTPStatus.INTERNAL_SERVER_ERROR: errors.failed(),
}
SUCCESSES = ("200", "202")


class DescribedAPI(NinjaAPI):
    """Routes with the description that their documents have."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The route's function in the way of JSON: postMessages."""
        first, *others = operation.view_func.__name__.split("_")
        return first + "".join(each.title() for each in others)

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The description. Its server is a path alone: host and scheme are those it was asked by, whatever
        proxies stand in front.
        """
        described = super().get_openapi_schema(path_prefix=path_prefix or "", path_params=path_params)
        root = self.get_root_path(path_params or {})
        described["info"]["description"] = ABOUT
        described["servers"] = [{"url": root.rstrip("/")}]
        described["paths"] = {_named(path): each for path, each in described["paths"].items()}
        described["components"]["securitySchemes"] = {name: _scheme(*said) for name, said in SCHEMES.items()}
        described["security"] = [{name: [] for name in SCHEMES}]
        for route in _routes(described):
            _complete(route)
        return described


def _named(path: str) -> str:
    for ours, theirs in PATH_NAMES.items():
        path = path.replace(f"{{{ours}}}", f"{{{theirs}}}")
    return path


def _scheme(header: str, said: str) -> dict[str, Any]:
    return {"type": "apiKey", "in": "header", "name": header, "description": said}


def _routes(described: OpenAPISchema) -> Iterator[dict[str, Any]]:
    for methods in described["paths"].values():
        yield from methods.values()


def _complete(said: dict[str, Any]) -> None:
    """One route, with its examples and what each status answers."""
    route = ROUTES[said["operationId"]]
    said |= {"summary": route.summary, "tags": [route.tag]}
    said["parameters"] = [_parameter(each, route) for each in said["parameters"]]
    answers = {str(status): answer for status, answer in said["responses"].items()}
    if "requestBody" in said:
        examples = {name: {"value": value} for name, value in route.bodies.items()}
        said["requestBody"]["content"][JSON]["examples"] = examples
    if said["operationId"] == "postMessages":
        said["parameters"].append(
            {"in": "header", "name": "Idempotency-Key", "description": KEY, "schema": {"type": "string"}}
        )
    said["responses"] = {status: _answer(status, answers[status], route) for status in sorted(answers)}


def _parameter(said: dict[str, Any], route: Route) -> dict[str, Any]:
    """A parameter by the document's name; one that may be left out is no null in an address."""
    schema = {name: value for name, value in said["schema"].items() if name != "title"}
    for kind in schema.pop("anyOf", ()):
        schema = {**kind, **schema} if kind.get("type") != "null" else schema
    name = PATH_NAMES.get(said["name"], said["name"])
    example = {"example": route.parameters[name]} if name in route.parameters else {}
    return {**said, "name": name, "schema": schema, **example}


def _answer(status: str, said: dict[str, Any], route: Route) -> dict[str, Any]:
    """An answer with its body's example."""
    if "content" not in said:
        return said
    example = route.answer if status in SUCCESSES else REFUSALS[HTTPStatus(int(status))].body()
    told = {**said, "content": {JSON: {**said["content"][JSON], "example": example}}}
    if status == "429":
        told["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}
    return told
