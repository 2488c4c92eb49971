"""The description of the API and its page: public, complete, and of nobody's project."""

import json
import re

import pytest
from django.test.utils import override_script_prefix
from pydantic import TypeAdapter

from console.accounts.models import Project
from messaging.api.sens.examples import FILE_ID, ROUTES
from messaging.api.sens.schemas import (
    ErrorOut,
    Numbers,
    ReservationOut,
    SendIn,
    SendOut,
    UnsubscribeOut,
    UploadIn,
    UploadOut,
)
from messaging.sens.answers import FoundMessagesOut, OneMessageOut
from tests.messaging.api.sens.test_examples import example

METHODS = ("get", "post", "delete")
# What the document lists for each route: success, then 400, 401, 403, 404, 500 and mostly 429. A body
# past any limit is a 413 on each route, whether it takes one or not.
ANSWERED = {
    "postMessages": ("202", SendIn, SendOut),
    "postFiles": ("200", UploadIn, UploadOut),
    "getMessages": ("200", None, FoundMessagesOut),
    "getMessage": ("200", None, OneMessageOut),
    "getReservation": ("200", None, ReservationOut),
    "deleteReservation": ("204", None, None),
    "getUnsubscribes": ("200", None, list[UnsubscribeOut]),
    "postUnsubscribes": ("200", Numbers, list[UnsubscribeOut]),
    "deleteUnsubscribes": ("204", Numbers, None),
}


@pytest.fixture
def described(client) -> dict:
    answer = client.get("/sms/v2/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    return answer.json()


def routes_of(described: dict) -> dict[str, dict]:
    return {each["operationId"]: each for path in described["paths"].values() for each in path.values()}


def names_in(schema: dict, described: dict) -> set[str]:
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return set(schema.get("properties", ()))


def test_every_route_of_the_document_is_there(described):
    assert {f"{method} {path}" for path, each in described["paths"].items() for method in each} == {
        "post /services/{serviceId}/messages",
        "get /services/{serviceId}/messages",
        "get /services/{serviceId}/messages/{messageId}",
        "post /services/{serviceId}/files",
        "get /services/{serviceId}/reservations/{reserveId}/reserve-status",
        "delete /services/{serviceId}/reservations/{reserveId}",
        "get /services/{serviceId}/unsubscribes",
        "post /services/{serviceId}/unsubscribes",
        "delete /services/{serviceId}/unsubscribes",
    }
    assert set(routes_of(described)) == set(ROUTES) == set(ANSWERED)


def test_a_call_needs_its_three_headers(described):
    schemes = described["components"]["securitySchemes"]
    assert {name: (each["type"], each["in"], each["name"]) for name, each in schemes.items()} == {
        "timestamp": ("apiKey", "header", "x-ncp-apigw-timestamp"),
        "accessKey": ("apiKey", "header", "x-ncp-iam-access-key"),
        "signature": ("apiKey", "header", "x-ncp-apigw-signature-v2"),
    }
    assert described["security"] == [{"timestamp": [], "accessKey": [], "signature": []}]
    assert not any("security" in each for each in routes_of(described).values())


@pytest.mark.parametrize("name", ANSWERED)
def test_every_status_has_its_body(described, name):
    success, _takes, answers = ANSWERED[name]
    said = routes_of(described)[name]
    assert set(said["responses"]) == {success, "400", "401", "403", "404", "413", "429", "500"}
    for status, answer in said["responses"].items():
        if status == "204":
            assert "content" not in answer
            continue
        shown = answer["content"]["application/json"]["example"]
        if status == success:
            assert shown == ROUTES[name].answer
            written = TypeAdapter(answers).json_schema(by_alias=True, mode="serialization")
            written = written.get("$defs", {}).get("UnsubscribeOut", written)
            first = shown[0] if isinstance(shown, list) else shown
            assert set(first) == set(written["properties"])
        else:
            assert answer["content"]["application/json"]["schema"] == {
                "$ref": "#/components/schemas/ErrorOut"
            }
            assert (shown["statusCode"], shown["statusName"]) == (status, "fail")
            assert set(shown) <= names_in({"$ref": "/ErrorOut"}, described)
            TypeAdapter(ErrorOut).json_schema()
    assert said["responses"]["429"]["headers"]["Retry-After"]


@pytest.mark.parametrize("name", [name for name, (_status, takes, _answers) in ANSWERED.items() if takes])
def test_every_example_of_a_body_is_one_that_is_taken(described, name):
    shown = routes_of(described)[name]["requestBody"]["content"]["application/json"]["examples"]
    assert shown == {named: {"value": value} for named, value in ROUTES[name].bodies.items()}
    for each in shown.values():
        TypeAdapter(ANSWERED[name][1]).validate_python(each["value"])


@pytest.mark.parametrize("type_", ["SMS", "LMS", "MMS"])
@pytest.mark.parametrize("kind", ["regular", "reserved", "ad"])
def test_the_nine_bodies_are_the_documents(type_, kind):
    assert ROUTES["postMessages"].bodies[f"{type_} · {kind}"] == example(type_, kind, FILE_ID)


def test_parameters_have_the_documents_names(described):
    routes = routes_of(described)
    assert [each["name"] for each in routes["getMessages"]["parameters"]] == [
        "serviceId",
        *(
            "requestId",
            "requestStartTime",
            "requestEndTime",
            "completeStartTime",
            "completeEndTime",
            "messageId",
        ),
        *(
            "type",
            "contentType",
            "countryCode",
            "status",
            "from",
            "to",
            "statusName",
            "pageIndex",
            "pageSize",
        ),
    ]
    assert [each["name"] for each in routes["postMessages"]["parameters"]] == ["serviceId", "Idempotency-Key"]
    assert "null" not in json.dumps([each["parameters"] for each in routes.values()])


def test_the_server_is_where_the_description_is(client):
    assert client.get("/sms/v2/openapi.json").json()["servers"] == [{"url": "/sms/v2"}]
    with override_script_prefix("/console/"):
        behind = client.get("/sms/v2/openapi.json").json()
        page = client.get("/sms/v2/docs").content.decode()
    assert behind["servers"] == [{"url": "/console/sms/v2"}]
    assert 'data-description="/console/sms/v2/openapi.json"' in page


@pytest.mark.django_db
def test_the_page_is_public_and_shows_nothing_of_anybody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/sms/v2/docs")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not answer.cookies
    assert re.findall(r'(?:src|href)="(?!/static/)[^"]*"', page) == []
    assert re.findall(r"<script(?![^>]* src=)|<form|\son\w+=|style=", page) == []


def test_the_pages_policy_lets_no_script_in_but_its_own(client):
    policy = client.get("/sms/v2/docs")["Content-Security-Policy"]
    said = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert (said["script-src"], said["connect-src"], said["default-src"]) == ("'self'", "'self'", "'self'")
    assert (said["form-action"], said["frame-ancestors"]) == ("'none'", "'none'")


@pytest.mark.django_db
def test_no_projects_name_is_in_it(client, project, described):
    assert Project.objects.get() == project
    assert project.service_id not in json.dumps(described)
