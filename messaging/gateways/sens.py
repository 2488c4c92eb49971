"""Out through SENS SMS API v2: NAVER Cloud's service, or another console of ours that speaks its API.

A message that SENS took twice is sent twice: it knows no ids of ours, and ignores an `Idempotency-Key`. So by
default nothing is ever submitted again that may have been taken: what was in flight when a connection broke
or a worker died becomes unknown, and is looked for by its time and number (`find_lost`). A group is five
requests of a hundred, since a group is what such a moment leaves in doubt. Where `repeats` says that the
service honours the key (a console of ours does), the same request is made again under the same key instead:
a request is what is left of a window of a hundred ids of one claimed range, so whoever submits those messages
later makes the same one; where it is not quite the same any more, the service refuses the key, and the
messages become unknown.

SENS pushes no reports: the answer to a submission is one `requestId` for up to a hundred messages, and by it
their results are asked for. Its messages are told apart by their number, which stands in a request once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
from django.utils.translation import gettext_lazy as _

from messaging import result_codes
from messaging.gateways.base import (
    Gateway,
    GatewaySettings,
    GatewayUnavailable,
    GatewayUncertain,
    LostMessages,
    OpenMessage,
    OpenRequest,
    Refusal,
    Report,
    SettingsError,
    Submission,
    SubmitResult,
    Text,
    setting,
)
from messaging.gateways.calling import HttpCarrier, NotTaken, Unsure, json_of
from messaging.gateways.sens_requests import PER_REQUEST, Part, body_of, parts_of, signature

logger = logging.getLogger(__name__)

HOME = ZoneInfo("Asia/Seoul")
MOMENT = "%Y-%m-%d %H:%M:%S"
# Within half a lease, so that whoever submits is still in possession when it records what came of it.
SUBMIT_SECONDS = 11.0
FETCH_SECONDS = 20.0
# Clocks differ, and the carrier's time of a request is that of its own.
BEFORE, AFTER = timedelta(minutes=1), timedelta(minutes=2)
MOST_PAGES = 10
# A file is uploaded anew so long before the carrier forgets it; where it does not say when, after days.
SPARE, KEPT = timedelta(hours=2), timedelta(days=5)
BUSY = "1001"
NO_CONTENT, INVALID, UPLOAD_FAILED, OTHER = "1010", "S002", "S011", "S999"
# A call that SENS refuses says why in a sentence only.
CODE_OF_WORDS = (
    (re.compile(r"caller|calling|발신", re.IGNORECASE), "S012"),
    (re.compile(r"expired|만료", re.IGNORECASE), "S007"),
    (re.compile(r"spam|스팸", re.IGNORECASE), "S003"),
    (re.compile(r"quota|한도", re.IGNORECASE), "S004"),
    (re.compile(r"file|첨부", re.IGNORECASE), "S005"),
)
OTHER_BODY = "idempotency-key"


@dataclass(frozen=True, kw_only=True)
class SensSettings(GatewaySettings):
    """The account of a service; rate and requests at once are those of each worker process."""

    service_id: str = setting(_("Service id"), help_text=_("serviceId of the SENS project."))
    access_key: str = setting(_("Access key"))
    secret_key: str = setting(_("Secret key"), secret=True)
    base_url: str = setting(
        _("Base URL"), help_text=_("Up to the version."), default="https://sens.apigw.ntruss.com/sms/v2"
    )
    rate: float = setting(
        _("Requests a second"), help_text=_("Of each worker process."), default=50.0, minimum=0.1
    )
    parallel: int = setting(
        _("Requests at once"), help_text=_("Of each worker process."), default=5, minimum=1
    )
    connect_seconds: float = setting(_("Time to connect (s)"), default=3.0, minimum=0.1)
    read_seconds: float = setting(_("Time to answer (s)"), default=10.0, minimum=0.1)
    settle_minutes: float = setting(
        _("Minutes until lost is lost"),
        help_text=_("A message in doubt that the service does not have after so long has failed."),
        default=15.0,
        minimum=0.01,
    )
    repeats: bool = setting(
        _("Honours Idempotency-Key"),
        help_text=_("Another Bongsu does. NAVER Cloud does not: there a request made again is sent again."),
        default=False,
    )

    def __post_init__(self) -> None:
        if not re.match(r"https?://[^/\s]+", self.base_url):
            raise SettingsError({"base_url": _("Write an address that begins with https://.")})


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of a part: taken under an id, refused with a code and words, left for later, or in doubt."""

    part: Part
    carrier_id: str = ""
    code: str = ""
    later: str = ""
    doubt: str = ""
    words: str = ""


class Sens(Gateway):
    code: ClassVar[str] = "sens"
    label: ClassVar[Text] = _("SENS")
    polls_results: ClassVar[bool] = True
    group_size: ClassVar[int] = 5 * PER_REQUEST
    settings_class: ClassVar[type[GatewaySettings]] = SensSettings

    settings: SensSettings

    def __init__(self, settings: SensSettings) -> None:
        super().__init__(settings)
        self.takes_idempotency_key = settings.repeats
        self.carrier = HttpCarrier(
            base_url=f"{settings.base_url.rstrip('/')}/services/{quote(settings.service_id, safe=':')}",
            per_second=settings.rate,
            parallel=settings.parallel,
            connect_seconds=settings.connect_seconds,
            read_seconds=settings.read_seconds,
            sign=self._sign,
        )
        self._files: dict[str, tuple[str, datetime]] = {}
        self._uploading = threading.Lock()

    @property
    def settles_after(self) -> timedelta:
        return timedelta(minutes=self.settings.settle_minutes)

    def _sign(self, request: httpx.Request) -> None:
        timestamp = str(int(time.time() * 1000))
        own = self.settings
        request.headers["x-ncp-apigw-timestamp"] = timestamp
        request.headers["x-ncp-iam-access-key"] = own.access_key
        request.headers["x-ncp-apigw-signature-v2"] = signature(
            own.secret_key, request.method, request.url.raw_path.decode(), timestamp, own.access_key
        )

    # --- handing over --------------------------------------------------------------------------------

    def submit(self, submission: Submission) -> SubmitResult:
        deadline = time.monotonic() + SUBMIT_SECONDS
        empty = [
            Refusal(each.id, NO_CONTENT, retryable=False) for each in submission.messages if not each.text
        ]
        parts = parts_of(submission)
        if not parts:
            return SubmitResult(refused=empty)
        try:
            files = self._file_ids(submission.attachments, deadline)
        except NotTaken as error:
            raise GatewayUnavailable(str(error)) from error
        if files is None:
            return SubmitResult(refused=[*empty, *_refusals(parts, UPLOAD_FAILED)])
        answers = self.carrier.at_once(lambda part: self._hand_over(submission, part, files, deadline), parts)
        return _result([each for found in answers for each in found], empty)

    def _hand_over(
        self, submission: Submission, part: Part, files: Sequence[str], deadline: float
    ) -> list[_Answer]:
        """One part, and where it is refused its halves, so that one bad number costs nobody else's message.

        Where both halves are refused in the same words it is something that they all share.
        """
        answer = self._post(submission, part, files, deadline)
        if not answer.code or len(part.messages) == 1:
            return [answer]
        halves = [self._post(submission, half, files, deadline) for half in part.halves()]
        if all(half.code and half.words == answer.words for half in halves):
            return halves
        found: list[_Answer] = []
        for half in halves:
            is_whole = not half.code or len(half.part.messages) == 1
            found += [half] if is_whole else self._hand_over(submission, half.part, files, deadline)
        return found

    def _post(self, submission: Submission, part: Part, files: Sequence[str], deadline: float) -> _Answer:
        body = json.dumps(body_of(submission, part.messages, files), ensure_ascii=False).encode()
        try:
            response = self.carrier.call(
                "POST",
                "/messages",
                deadline=deadline,
                content=body,
                headers={"Idempotency-Key": part.key},
                repeats=self.settings.repeats,
            )
        except NotTaken as error:
            return _Answer(part, later=str(error))
        except Unsure as error:
            return _Answer(part, doubt=str(error))
        answered = json_of(response)
        if response.is_success:
            carrier_id = str(answered.get("requestId") or "")
            return _Answer(part, carrier_id=carrier_id, doubt="" if carrier_id else "no requestId")
        if response.status_code != httpx.codes.BAD_REQUEST:
            return _Answer(part, later=_why(response))
        return self._refused(part, _why(response))

    def _refused(self, part: Part, words: str) -> _Answer:
        if OTHER_BODY in words.lower():
            return _Answer(part, doubt=words)  # made before with other messages, some of which may be these
        logger.warning("SENS refused %s messages: %s", len(part.messages), words)
        code = next((code for pattern, code in CODE_OF_WORDS if pattern.search(words)), INVALID)
        if code in ("S005", "S007"):
            self._files.clear()  # whatever was wrong with them, the next message uploads its own
        return _Answer(part, code=code, words=words)

    def _file_ids(self, paths: Sequence[Path], deadline: float) -> list[str] | None:
        """The fileIds of pictures; None where one is refused. Raises NotTaken."""
        found = [self._file_id(path.read_bytes(), deadline) for path in paths]
        return None if None in found else [each for each in found if each]

    def _file_id(self, content: bytes, deadline: float) -> str | None:
        # SENS takes files of one name and size for the same: each content has a name of its own.
        digest = hashlib.sha256(content).hexdigest()
        with self._uploading:
            file_id, until = self._files.get(digest, ("", datetime.min.replace(tzinfo=UTC)))
            if file_id and datetime.now(UTC) < until:
                return file_id
            body = {"fileName": f"{digest[:32]}.jpg", "fileBody": base64.b64encode(content).decode()}
            try:
                response = self.carrier.call(
                    "POST", "/files", deadline=deadline, content=json.dumps(body).encode(), repeats=True
                )
            except Unsure as error:
                raise NotTaken(str(error)) from error  # a file alone is sent to nobody
            answered = json_of(response)
            if response.status_code == httpx.codes.BAD_REQUEST:
                logger.warning("SENS refused a file: %s", _why(response))
                return None
            if not response.is_success or not answered.get("fileId"):
                raise NotTaken(_why(response))
            file_id = str(answered["fileId"])
            expires = _moment(answered.get("expireTime")) or datetime.now(UTC) + KEPT
            self._files[digest] = (file_id, expires - SPARE)
            return file_id

    # --- results -------------------------------------------------------------------------------------

    def fetch_results(self, requests: Sequence[OpenRequest]) -> Sequence[Report]:
        deadline = time.monotonic() + FETCH_SECONDS
        found = self.carrier.at_once(lambda request: self._results(request, deadline), requests)
        if requests and all(isinstance(each, str) for each in found):
            raise GatewayUnavailable(next(each for each in found if isinstance(each, str)))
        return [report for each in found if not isinstance(each, str) for report in each]

    def _results(self, request: OpenRequest, deadline: float) -> list[Report] | str:
        """The final ones of a request, or why it could not be asked for."""
        try:
            rows = self._rows({"requestId": request.carrier_id}, deadline)
        except NotTaken as error:
            return str(error)
        ids = {name: each.id for each in request.messages for name in _names(each)}
        reports = (_report(row, ids.get(str(row.get("to")))) for row in rows)
        return [each for each in reports if each is not None]

    def find_lost(self, lost: LostMessages) -> Mapping[str, Sequence[str]]:
        deadline = time.monotonic() + FETCH_SECONDS
        found = self.carrier.at_once(lambda each: self._whereabouts(lost, each, deadline), lost.messages)
        if failed := next((each for each in found if isinstance(each, str)), None):
            raise GatewayUnavailable(failed)
        pairs = zip(lost.messages, found, strict=True)
        return {each.id: ids for each, ids in pairs if ids and not isinstance(ids, str)}

    def _whereabouts(self, lost: LostMessages, message: OpenMessage, deadline: float) -> list[str] | str:
        asked = {
            "requestStartTime": _written(lost.since - BEFORE),
            "requestEndTime": _written(lost.until + AFTER),
            "from": lost.sender,
            "to": message.recipient,
            "pageSize": "100",
        }
        try:
            rows = self._rows(asked, deadline)
        except NotTaken as error:
            return str(error)
        rows.sort(key=lambda row: str(row.get("requestTime")))
        return list(dict.fromkeys(str(row["requestId"]) for row in rows if row.get("requestId")))

    def _rows(self, asked: Mapping[str, str], deadline: float) -> list[dict[str, Any]]:
        """The messages of every page. Raises NotTaken."""
        rows: list[dict[str, Any]] = []
        for page in range(MOST_PAGES):
            params = {**asked, **({"pageIndex": str(page)} if page else {})}
            try:
                response = self.carrier.call("GET", "/messages", deadline=deadline, params=params)
            except Unsure as error:
                raise NotTaken(str(error)) from error
            if response.status_code == httpx.codes.NOT_FOUND and "requestId" in asked:
                return rows
            if not response.is_success:
                raise NotTaken(_why(response))
            answered = json_of(response)
            rows += [row for row in answered.get("messages") or [] if isinstance(row, dict)]
            if not answered.get("hasMore"):
                break
        return rows


def _result(answers: Sequence[_Answer], empty: Sequence[Refusal]) -> SubmitResult:
    refused, unknown = list(empty), list[str]()
    carrier_ids: dict[str, str] = {}
    for answer in answers:
        ids = [message.id for message in answer.part.messages]
        if answer.carrier_id:
            carrier_ids |= dict.fromkeys(ids, answer.carrier_id)
        elif answer.doubt:
            unknown += ids
        else:
            code = answer.code or BUSY
            refused += [Refusal(each, code, retryable=not answer.code) for each in ids]
    if all(each.later for each in answers):
        raise GatewayUnavailable(answers[0].later)
    if all(each.doubt for each in answers) and not empty:
        raise GatewayUncertain(answers[0].doubt)
    return SubmitResult(refused=refused, unknown=unknown, carrier_ids=carrier_ids)


def _refusals(parts: Sequence[Part], code: str) -> list[Refusal]:
    return [Refusal(message.id, code, retryable=False) for part in parts for message in part.messages]


def _names(message: OpenMessage) -> tuple[str, str]:
    """How an answer may write its number."""
    return message.recipient, f"{message.country_code}{message.recipient.removeprefix('0')}"


def _report(row: Mapping[str, Any], message_id: str | None) -> Report | None:
    """The report of a row whose result is final and whose message is ours."""
    if message_id is None or row.get("status") != "COMPLETED":
        return None
    code = str(row.get("statusCode") or "")
    if code not in result_codes.CATALOGUE:
        is_well = str(row.get("statusName")).lower() == "success"
        logger.warning("SENS reports the code %r, which is in none of its tables.", code)
        code = result_codes.DELIVERED if is_well else OTHER
    happened_at = _moment(row.get("completeTime")) or datetime.now(UTC)
    return Report(message_id, None, code, happened_at, str(row.get("telcoCode") or "")[:10])


def _moment(written: Any) -> datetime | None:
    """A time as SENS writes it, in Korea's unless it says otherwise."""
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=HOME)


def _written(moment: datetime) -> str:
    return moment.astimezone(HOME).strftime(MOMENT)


def _why(response: httpx.Response) -> str:
    """What the answer says, for people."""
    said = json_of(response)
    error = found if isinstance(found := said.get("error"), dict) else {}
    words = said.get("errors") or error.get("details") or error.get("message") or said.get("errorMessage")
    text = "; ".join(map(str, words)) if isinstance(words, list) else str(words or "")
    return f"{response.status_code} {text}".strip()[:300]
