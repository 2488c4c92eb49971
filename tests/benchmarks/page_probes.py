"""What the benchmark of the pages asks for: every page of the menu, and below it one of each kind.

Pages are named by their URL names; what is not mounted is left out.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone

from console.navigation import MENU
from messaging.ids import first_id_at, message_id
from messaging.models import Category, Message, SendRequest, StatisticsKey, Template, Uid
from messaging.states import DeliveryKind, RequestState
from senders.models import OptOut, OptOutLine
from tests.benchmarks.governance_probes import governance_probes
from tests.benchmarks.large_project import LargeProject
from tests.benchmarks.probing import Probe, Query, at
from tests.sends import SENDER

TEST_PHONE = "010-2000-0000"  # gets one message in five hundred
NOBODY = "010-9999-9999"
PHONE_OF_FIRST = "010-2000-7919"  # the first UID's


def probes(large: LargeProject) -> Iterator[Probe]:
    yield from of_menu()
    yield from of_lists(large)
    yield from of_one_request(large)
    yield from of_templates(large)
    yield from of_sending(large)
    yield from of_uids(large)
    yield from of_tags(large)
    yield from of_opt_outs(large)
    yield from of_statistics(large)
    yield from governance_probes(large)
    yield from of_frame()


def of_menu() -> Iterator[Probe]:
    for group in MENU:
        for item in group.items:
            yield from at("", item.url_name.removeprefix("admin:"))


def of_frame() -> Iterator[Probe]:
    yield from at("what moves", "index", is_partial=True)
    yield from at("all parts", "index", query={"parts": "all"}, is_partial=True)
    yield from at("", "deliveries_causes")
    yield from at("a cause", "deliveries_causes", query={"code": "3006"})
    yield from at("a number", "search", query={"q": "01020000000"})
    yield from at("a name", "search", query={"q": "배송"})
    yield from at("", "badges", is_partial=True)


# --- deliveries ----------------------------------------------------------------------------------


def days(first: int, last: int = 0) -> Query:
    """The days from so many days ago to so many days ago."""
    today = timezone.localdate()
    return {"since": today - timedelta(days=first), "until": today - timedelta(days=last)}


def of_lists(large: LargeProject) -> Iterator[Probe]:
    """An old month, an old page, and every filter that has its own way through the tables."""
    month, old = days(30), days(80, 51)
    filters: dict[str, Query] = {
        "a month": month,
        "an old month": old,
        "an old page": {**old, "cursor": f"-{first_id_at(timezone.now() - timedelta(days=60))}"},
        "sent in a month": {**month, "date_kind": "sent"},
        "results of a month": {**month, "date_kind": "received"},
        "unknown in a month": {**month, "result": "UNKNOWN"},
        "delivered in a month": {**month, "result": "DELIVERED"},
        "a rare combination": {**month, "state": "CANCELED", "message_type": "LMS", "purpose": "AD"},
    }
    for page in ("deliveries_requests", "deliveries_mass", "deliveries_tagged"):
        for name, query in filters.items():
            yield from at(name, page, query=query)
    for status in ("COMPLETED", "CONVERTING"):
        yield from at(status, "deliveries_mass", query={**month, "status": status})
    for number in (TEST_PHONE, any_number(large), NOBODY):
        for name in ("a month", "an old month", "results of a month"):
            query = {**filters[name], "recipient": number}
            yield from at(f"{number}, {name}", "deliveries_requests", query=query)
            yield from at(f"{number}, {name}", "deliveries_tagged", query=query)
    yield from at("a UID", "deliveries_tagged", query={**month, "uid": "member-0000007"})
    yield from at("a month", "deliveries_export", query=month)


def any_number(large: LargeProject) -> str:
    newest = Message.objects.filter(project=large.project, country_code=82).order_by("-pk").first()
    return newest.recipient if newest else NOBODY


def of_one_request(large: LargeProject) -> Iterator[Probe]:
    """The largest requests and one that is sending: the page, what it asks by itself, its messages."""
    for title, request in large_requests(large).items():
        for page in ("delivery_request", "delivery_release", "delivery_cancel", "delivery_export"):
            yield from at(title, page, request.pk)
        yield from at(title, "delivery_progress", request.pk, is_partial=True)
        for name, query in {
            "first": {},
            "the last page": {"after": request.total - 20},
            "unknown": {"state": "UNKNOWN"},
            "a code": {"code": "3006"},
            "a number": {"recipient": TEST_PHONE},
        }.items():
            yield from at(f"{title}, {name}", "delivery_messages", request.pk, query=query)
        yield from at(title, "delivery_message", message_id(request.pk, 1))


def large_requests(large: LargeProject) -> dict[str, SendRequest]:
    requests = SendRequest.objects.filter(project=large.project, loaded__gt=0).order_by("-total")
    found = {
        "largest mass": requests.filter(kind=DeliveryKind.MASS).first(),
        "largest tag": requests.filter(kind=DeliveryKind.TAG).first(),
        "sending": requests.filter(state=RequestState.SENDING).first(),
        "held": requests.filter(state=RequestState.HELD).first(),
    }
    return {name: request for name, request in found.items() if request is not None}


# --- templates and sending -----------------------------------------------------------------------


def of_templates(large: LargeProject) -> Iterator[Probe]:
    template = Template.objects.filter(project=large.project).order_by("-version", "pk").first()
    category = Category.objects.filter(project=large.project, templates__isnull=False).first()
    if template is None or category is None:
        return
    yield from at("of a category", "templates", query={"category": category.pk})
    yield from at("searched", "templates", query={"q": "안내 1"})
    yield from at("nothing found", "templates", query={"q": "no such words"})
    for page in ("template", "template_change", "template_delete"):
        yield from at("", page, template.pk)
    yield from at("", "template_version", template.pk, template.version)
    yield from at("", "template_add")
    yield from at("", "template_category_add")
    for page in ("template_category_change", "template_category_delete"):
        yield from at("", page, category.pk)
    for page in ("send_general", "send_mass", "send_tag"):
        yield from at("with a template", page, query={"template": template.pk})


def of_sending(large: LargeProject) -> Iterator[Probe]:
    """What a send page asks while a person composes: how it looks, whom it reaches, before it is sent."""
    text = {
        "message_type": "SMS",
        "purpose": "GENERAL",
        "sender": SENDER,
        "body": "안녕하세요",
        "when": "now",
    }
    said = {**text, "recipients": "\n".join(f"010-3000-{n:04}" for n in range(100))}
    yield from at("the look", "send_general", data={**said, "step": "look"}, is_partial=True)
    yield from at("before it is sent", "send_general", data={**said, "step": "confirm"}, is_partial=True)
    yield from at(
        "templates",
        "send_general",
        data={**said, "step": "templates", "template_search": "안내"},
        is_partial=True,
    )
    for name, condition in conditions(large).items():
        asked = {**text, "condition": json.dumps(condition)}
        yield from at(f"{name}, the look", "send_tag", data={**asked, "step": "look"}, is_partial=True)
        yield from at(f"{name}, counted anew", "send_tag", data={**asked, "step": "confirm"}, is_partial=True)


def conditions(large: LargeProject) -> dict[str, Any]:
    """Conditions over tags in JSON values, from everybody to a few."""
    tags = [tag.pk for tag in large.tags]
    inner = {"all": [tags[1]], "any": [], "none": [tags[5]]}
    return {
        "everybody": {"all": [tags[0]], "any": [], "none": []},
        "one tag but not another": {"all": [tags[1]], "any": [], "none": [tags[2]]},
        "groups": {"all": [], "any": [inner, tags[4], tags[6]], "none": [tags[7]]},
        "a small tag": {"all": [tags[30]], "any": [], "none": []},
    }


# --- audience ------------------------------------------------------------------------------------


def of_uids(large: LargeProject) -> Iterator[Probe]:
    uid = Uid.objects.filter(project=large.project).order_by("pk").first()
    if uid is None:
        return
    tag, small = large.tags[0], large.tags[20]
    for name, query in {
        "an old page": {"cursor": f">{uid.pk + 300}"},
        "a UID": {"uid": "member-0000007"},
        "many UIDs": {"uid": "member-0"},
        "a number": {"number": PHONE_OF_FIRST},
        "a large tag": {"tag": tag.name},
        "a large tag, an old page": {"tag": tag.name, "cursor": f">{uid.pk + 300}"},
        "a small tag": {"tag": small.name},
        "nothing found": {"uid": "nobody"},
    }.items():
        yield from at(name, "audience_uids", query=query)
        yield from at(name, "audience_uids_export", query=query)
    yield from at("", "audience_uid", uid.pk)
    for page in ("audience_uid_add", "audience_import"):
        yield from at("", page)


def of_tags(large: LargeProject) -> Iterator[Probe]:
    for title, tag in {"a large tag": large.tags[0], "a small tag": large.tags[20]}.items():
        yield from at(title, "audience_tag", tag.pk)
        yield from at(title, "audience_tag_delete", tag.pk)
    yield from at("searched", "audience_tags", query={"name": "태그 1"})


def of_opt_outs(large: LargeProject) -> Iterator[Probe]:
    oldest = OptOut.objects.filter(project=large.project).order_by("created_at").first()
    line = OptOutLine.objects.filter(project=large.project).order_by("pk").first()
    if oldest is None or line is None:
        return
    for name, query in {
        "a number": {"number": PHONE_OF_FIRST},
        "last digits": {"number": "7919"},
        "removed": {"removed": "1"},
        "of a line": {"line": line.pk},
        "entered by hand": {"source": "HAND"},
        "a month": days(60, 30),
        "an old page": {"cursor": f"-{oldest.pk + 300}"},
    }.items():
        yield from at(name, "audience_opt_outs", query=query)
    yield from at("", "audience_opt_outs_add")
    yield from at("", "audience_opt_outs_export")
    yield from at("", "senders_opt_out_line_cancel", line.pk)


# --- statistics ----------------------------------------------------------------------------------


def of_statistics(large: LargeProject) -> Iterator[Probe]:
    key = StatisticsKey.objects.filter(project=large.project).first()
    template = Template.objects.filter(project=large.project).first()
    for view in ("request", "event", "international"):
        for period, bucket in ((7, "hour"), (31, "day"), (90, "day")):
            query = {**days(period - 1), "bucket": bucket, "view": view}
            yield from at(f"{view}, {period} days by {bucket}", "statistics", query=query)
    if key is None or template is None:
        return
    quarter = {**days(89), "bucket": "day"}
    yield from at("an event key", "statistics", query={**quarter, "statistics_key": key.pk})
    yield from at("a template", "statistics", query={**quarter, "template": template.pk})
    yield from at("conditions", "statistics", query={**quarter, "kind": "TAG", "purpose": "AD"})
    yield from at("", "statistics_key", key.pk)
    yield from at("", "statistics_key_end", key.pk)
    yield from at("", "statistics_key_add")
