"""The bodies of calls and answers, as the documents write them."""

from typing import Annotated, Any

from ninja import Schema
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAX_MESSAGES = 100
MAX_NUMBERS = 1000
LONGEST_TEXT = 20_000  # characters; what is longer than the type's bytes is cut, this is no text any more


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _or_default(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, Field(max_length=LONGEST_TEXT), BeforeValidator(_or_default)]
# Of any length here, for the limit has a sentence of its own; control characters are in no file's name.
FileName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=1000)]
Digits = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]


# What many recipients come in has pydantic's plain base: ninja's reads every field by a getter for models.
class MessageIn(BaseModel):
    """One recipient, with a text of its own where it has one."""

    to: Digits
    subject: Text = ""
    content: Text = ""


class FileIn(BaseModel):
    """A file that was uploaded (`fileId`), or one inside the message (`name`, `body` in Base64)."""

    file_id: str | None = Field(None, alias="fileId", max_length=80)
    name: FileName | None = None
    body: str | None = None


class SendIn(BaseModel):
    """The wish of POST messages."""

    model_config = ConfigDict(populate_by_name=True)

    type: Annotated[str, Field(pattern=r"^(SMS|LMS|MMS)$"), BeforeValidator(_upper)]
    content_type: Annotated[
        str,
        Field(alias="contentType", pattern=r"^(COMM|AD)$"),
        BeforeValidator(lambda v: "COMM" if v in (None, "") else _upper(v)),
    ] = "COMM"
    country_code: Annotated[
        str,
        Field(alias="countryCode", pattern=r"^[0-9]{1,3}$"),
        BeforeValidator(lambda v: "82" if v in (None, "") else v),
    ] = "82"
    sender: Digits = Field(alias="from")
    subject: Text = ""
    content: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    messages: list[MessageIn] = Field(min_length=1, max_length=MAX_MESSAGES)
    files: list[FileIn] | None = Field(None, max_length=3)
    reserve_time: str | None = Field(None, alias="reserveTime")
    reserve_time_zone: str | None = Field(None, alias="reserveTimeZone")


class SendOut(Schema):
    """What answers a wish that was taken."""

    model_config = ConfigDict(populate_by_name=True)

    request_id: str = Field(serialization_alias="requestId")
    request_time: str = Field(serialization_alias="requestTime")
    status_code: str = Field(serialization_alias="statusCode")
    status_name: str = Field(serialization_alias="statusName")


class ErrorOut(Schema):
    """What answers a call that is refused."""

    model_config = ConfigDict(populate_by_name=True)

    status_code: str = Field(serialization_alias="statusCode")
    status_name: str = Field(serialization_alias="statusName")
    error_message: str = Field(serialization_alias="errorMessage")
    errors: list[str]
    error: dict[str, str] | None = None


# --- files -----------------------------------------------------------------------------------------


class UploadIn(Schema):
    """The wish of POST files: a name that ends in .jpg or .jpeg, and the picture in Base64."""

    model_config = ConfigDict(populate_by_name=True)

    file_name: FileName = Field(alias="fileName")
    file_body: str = Field(alias="fileBody")


class UploadOut(Schema):
    """A file that can be named (`fileId`) until it expires."""

    model_config = ConfigDict(populate_by_name=True)

    file_id: str = Field(serialization_alias="fileId")
    create_time: str = Field(serialization_alias="createTime")
    expire_time: str = Field(serialization_alias="expireTime")


# --- reservations ----------------------------------------------------------------------------------


class ReservationOut(Schema):
    """A reservation; its time is in the zone in which it was given."""

    model_config = ConfigDict(populate_by_name=True)

    reserve_id: str = Field(serialization_alias="reserveId")
    reserve_time_zone: str = Field(serialization_alias="reserveTimeZone")
    reserve_time: str = Field(serialization_alias="reserveTime")
    reserve_status: str = Field(serialization_alias="reserveStatus")


# --- unsubscribes ----------------------------------------------------------------------------------

LATEST = 253_402_214_400_000  # the last day that dates have
Milliseconds = Annotated[
    int | None, Field(ge=0, le=LATEST), BeforeValidator(lambda v: None if v == "" else v)
]


class UnsubscribesIn(Schema):
    """The query of GET unsubscribes; times are milliseconds since 1970 and within what is asked for."""

    model_config = ConfigDict(populate_by_name=True)

    client_tel_no: Annotated[
        str | None, Field(pattern=r"^[0-9]{1,20}$"), BeforeValidator(lambda v: v or None)
    ] = Field(None, alias="clientTelNo")
    page_size: Annotated[int, Field(ge=0, le=100), BeforeValidator(lambda v: 100 if v == "" else v)] = Field(
        100, alias="pageSize"
    )
    page_index: Annotated[int, Field(ge=0, le=LATEST), BeforeValidator(lambda v: 0 if v == "" else v)] = (
        Field(0, alias="pageIndex")
    )
    start_time: Milliseconds = Field(None, alias="startTime")
    end_time: Milliseconds = Field(None, alias="endTime")


class UnsubscribeIn(Schema):
    """One number to be entered or removed: digits alone."""

    model_config = ConfigDict(populate_by_name=True)

    client_tel_no: Digits = Field(alias="clientTelNo")


Numbers = Annotated[list[UnsubscribeIn], Field(min_length=1, max_length=MAX_NUMBERS)]


class UnsubscribeOut(Schema):
    """One number that refuses advertising: since when, and whether by a call (C) or by hand (M)."""

    model_config = ConfigDict(populate_by_name=True)

    client_tel_no: str = Field(serialization_alias="clientTelNo")
    register_time: str = Field(serialization_alias="registerTime")
    register_type: str = Field(serialization_alias="registerType")
