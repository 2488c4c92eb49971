"""Every result code a message can end with, in words an operator understands.

Three groups are the carriers', from the error-code tables of the SENS SMS API v2: what the mobile operator
reported (REPORT), what the relay answered at submission (RESPONSE), what the relay's agent found before it
(EMMA). The fourth (BONGSU, codes B001 and up) is ours: why we did not hand a message over, or what we had to
make of one that nobody reported on.

`retryable`: the same message to the same number may succeed later, nothing changed. `charged`: expect it on
the carrier's bill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Group(StrEnum):
    REPORT = "report"
    RESPONSE = "response"
    EMMA = "emma"
    BONGSU = "bongsu"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """success: delivered. failure: tried in vain. invalid: cannot be, as it is. policy: withheld by us."""

    SUCCESS = "success"
    FAILURE = "failure"
    INVALID = "invalid"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class ResultCode:
    code: str
    group: Group
    outcome: Outcome
    meaning: Text
    cause: Text
    what_to_do: Text
    retryable: bool = False
    charged: bool = False


DELIVERED = "0"

OPTED_OUT = "B001"
ADVERTISING_HOURS = "B002"
DUPLICATE = "B003"
UNSENDABLE_CHARACTER = "B004"
TOO_LONG = "B005"
CANCELED = "B006"
NO_REPORT = "B007"
OUTCOME_UNKNOWN = "B008"
SENDER_NOT_APPROVED = "B009"
CARRIER_UNAVAILABLE = "B010"
WRONG_NUMBER = "B011"
MISSING_VALUE = "B012"
COUNTRY_NOT_ALLOWED = "B013"
LIMIT_REACHED = "B014"
ATTACHMENT_MISSING = "B015"
NO_ROUTE = "B016"
EXPIRED = "B017"
PROJECT_CLOSED = "B018"
LINE_CLOSED = "B019"
ABROAD_OFF = "B020"
COUNTRY_BLOCKED = "B021"

# Sentences that several codes share.
_NOTHING = _("Nothing.")
_LATER = _("Send it again later.")
_AGAIN = _("Bongsu tries again by itself. If it goes on, ask the administrator to check the carrier.")
_CHECK_NUMBER = _("Check the number with the recipient, correct it, and send again.")
_REMOVE_NUMBER = _("Take the number off your list, or ask the recipient for another one.")
_ASK_RECIPIENT = _("Ask the recipient to allow such messages with their operator, or use another channel.")
_ASK_OPERATOR = _("Ask the administrator to take it up with the carrier, giving the message's id.")
_FIX_FILE = _("Attach the picture again (JPEG, at most 300 KB) and send again.")
_CHECK_SENDER = _("Check under Senders that the number is registered and approved, then send again.")
_WRITE_TEXT = _("Check the message's text and send again.")
_INCOMPLETE = _("The request that reached the carrier lacked a part it must have.")
_RELAY_TROUBLE = _("The carrier's relay had a fault of its own.")
_RADIO = _("The phone was out of reach or the mobile network was disturbed.")
_PHONE = _("The phone could not take the message when it arrived.")
_PICTURE = _("The carrier could not take the attached picture.")

_Row = tuple[str, Outcome, Text, Text, Text] | tuple[str, Outcome, Text, Text, Text, str]
_FAILURE, _INVALID, _POLICY = Outcome.FAILURE, Outcome.INVALID, Outcome.POLICY

# A sixth field holds "retryable" and "charged" where they are true.
# fmt: off
_REPORT: tuple[_Row, ...] = (
    ("0", Outcome.SUCCESS, _("Delivered"), _("The phone received the message."), _NOTHING, "charged"),
    ("2000", _FAILURE, _("Not delivered in time"),
     _("The operator kept trying until the time for delivery ran out."), _LATER, "retryable"),
    ("2001", _FAILURE, _("Lost in the mobile network"), _RADIO, _LATER, "retryable"),
    ("2002", _FAILURE, _("The network could not reach the phone"), _RADIO, _LATER, "retryable"),
    ("2003", _FAILURE, _("Phone switched off"),
     _("The phone was off when the message came."), _LATER, "retryable"),
    ("2004", _FAILURE, _("Phone full"), _("The phone had no room for another message."),
     _("Ask the recipient to delete old messages, then send again."), "retryable"),
    ("2005", _FAILURE, _("Phone out of coverage"),
     _("The phone had no signal where it was."), _LATER, "retryable"),
    ("2006", _FAILURE, _("Deleted before it arrived"),
     _("The message was removed from the operator's queue before the phone took it."), _LATER, "retryable"),
    ("2007", _FAILURE, _("Phone has a passing fault"), _PHONE, _LATER, "retryable"),
    ("3000", _INVALID, _("Cannot be delivered"),
     _("The operator does not deliver to this number."), _REMOVE_NUMBER),
    ("3001", _INVALID, _("No such subscriber"),
     _("Nobody has this number, or it was given up."), _REMOVE_NUMBER),
    ("3002", _INVALID, _("Adult check failed"),
     _("The message is for adults only and the recipient is not confirmed as one."),
     _("Do not send this content to this number.")),
    ("3003", _INVALID, _("Recipient number malformed"),
     _("The operator cannot read the number."), _CHECK_NUMBER),
    ("3004", _INVALID, _("Service suspended on this phone"),
     _("The recipient's line is suspended for now, for example on request or for an unpaid bill."),
     _LATER, "retryable"),
    ("3005", _INVALID, _("Phone busy with a call"), _("The phone was setting up or holding a call."),
     _LATER, "retryable"),
    ("3006", _INVALID, _("Refused by the phone"),
     _("The recipient's phone or line rejects messages from you."),
     _ASK_RECIPIENT),
    ("3007", _INVALID, _("Phone cannot take a callback link"),
     _("The phone does not support messages with a callback URL."), _("Send it as a plain text message.")),
    ("3008", _INVALID, _("Phone has another fault"), _PHONE, _LATER, "retryable"),
    ("3009", _INVALID, _("Message malformed"), _("The operator cannot read the message as it was sent."),
     _WRITE_TEXT),
    ("3010", _INVALID, _("Phone cannot take MMS"), _("The phone or its plan has no multimedia messages."),
     _("Send it as SMS or LMS, without pictures.")),
    ("3011", _INVALID, _("Operator's server failed"), _("A server of the mobile operator had a fault."),
     _LATER, "retryable"),
    ("3012", _INVALID, _("Taken for spam"),
     _("A spam filter of the operator or the recipient caught the message."),
     _("Reword the text and check its links; ask the recipient to allow your number.")),
    ("3013", _INVALID, _("Service refused"), _("The operator refuses this kind of message for this line."),
     _ASK_RECIPIENT),
    ("3014", _INVALID, _("Failed for another reason"),
     _("The operator gave no closer reason."), _ASK_OPERATOR),
    ("3015", _INVALID, _("No way to the operator"),
     _("The carrier has no connection to the operator of this number."), _ASK_OPERATOR),
    ("3016", _INVALID, _("Attachment too large"),
     _("The pictures exceed what the operator takes."), _FIX_FILE),
    ("3017", _INVALID, _("Sender number breaks the rules"),
     _("The sender number does not follow the rules against forged numbers."), _CHECK_SENDER),
    ("3018", _INVALID, _("Sender number is protected"),
     _("Its owner subscribed to a service that stops others from sending in the number's name."),
     _("Have its owner cancel the protection at their operator, or use another sender number.")),
    ("3019", _INVALID, _("Sender number blocked by the authorities"),
     _("KISA or the ministry ordered that nothing is sent from this number."),
     _("Use another sender number, and clear the block with KISA.")),
    ("3022", _INVALID, _("Text could not be converted"),
     _("A character of the text does not exist in EUC-KR."),
     _("Replace the unusual characters or emoji and send again.")),
    ("3023", _INVALID, _("Sender number not registered"),
     _("The carrier does not have this sender number in its register."), _CHECK_SENDER),
)
_RESPONSE: tuple[_Row, ...] = (
    ("1001", _FAILURE, _("Carrier busy"), _("The carrier's queue was full."), _AGAIN, "retryable"),
    ("1002", _INVALID, _("Recipient number malformed"),
     _("The carrier cannot read the number."), _CHECK_NUMBER),
    ("1003", _INVALID, _("Sender number malformed"),
     _("The carrier cannot read the sender number."), _CHECK_SENDER),
    ("1004", _INVALID, _("Refused as spam"), _("The carrier's spam filter caught the message."),
     _("Reword the text and check its links, then send again.")),
    ("1005", _FAILURE, _("Carrier's allowance used up"), _("More was sent than the carrier account allows."),
     _("Ask the administrator to raise the allowance, then send again."), "retryable"),
    ("1006", _INVALID, _("No attachment"), _INCOMPLETE, _FIX_FILE),
    ("1007", _INVALID, _("Attachment not allowed here"),
     _("The message has an attachment that its type does not take."),
     _("Remove the attachment, or send it as MMS.")),
    ("1008", _FAILURE, _("Carrier could not store the attachment"), _RELAY_TROUBLE, _AGAIN, "retryable"),
    ("1009", _INVALID, _("Message key missing"), _INCOMPLETE, _ASK_OPERATOR),
    ("1010", _INVALID, _("Text missing"), _("The message had no text."), _WRITE_TEXT),
    ("1011", _INVALID, _("Sender number missing"), _INCOMPLETE, _CHECK_SENDER),
    ("1012", _INVALID, _("Recipient missing"), _INCOMPLETE, _CHECK_NUMBER),
    ("1013", _INVALID, _("Subject missing"), _("LMS and MMS need a subject at this carrier."),
     _("Add a subject and send again.")),
    ("1014", _INVALID, _("Attachment key missing"), _INCOMPLETE, _FIX_FILE),
    ("1015", _INVALID, _("Attachment name missing"), _INCOMPLETE, _FIX_FILE),
    ("1016", _INVALID, _("Attachment size missing"), _INCOMPLETE, _FIX_FILE),
    ("1017", _INVALID, _("Attachment empty"),
     _("The attachment arrived at the carrier without content."), _FIX_FILE),
    ("1018", _INVALID, _("Not allowed to send"), _("The carrier account may not send this kind of message."),
     _("Ask the administrator to check the carrier account's permissions.")),
    ("1019", _FAILURE, _("Too late for the carrier"),
     _("The time within which the message had to go out had passed."), _LATER, "retryable"),
    ("1020", _INVALID, _("Text could not be converted"),
     _("A character of the text does not exist in EUC-KR."),
     _("Replace the unusual characters or emoji and send again.")),
    ("S000", _FAILURE, _("Relay failed"), _RELAY_TROUBLE, _AGAIN, "retryable"),
    ("S001", _FAILURE, _("Relay's server failed"), _RELAY_TROUBLE, _AGAIN, "retryable"),
    ("S002", _INVALID, _("Relay found the request invalid"),
     _("Something in the request is not as the relay expects."),
     _ASK_OPERATOR),
    ("S003", _INVALID, _("Relay took it for spam"), _("The relay's spam filter caught the message."),
     _("Reword the text and check its links, then send again.")),
    ("S004", _FAILURE, _("Over quota"), _("The carrier account has used up its quota."),
     _("Ask the administrator to raise the quota, or send again when it is renewed."), "retryable"),
    ("S005", _INVALID, _("Picture not valid"), _PICTURE, _FIX_FILE),
    ("S006", _INVALID, _("Picture not found"), _PICTURE, _FIX_FILE),
    ("S007", _INVALID, _("Picture expired"),
     _("The carrier keeps uploaded pictures for some days only."), _FIX_FILE),
    ("S008", _INVALID, _("Picture too large"),
     _("The picture has more bytes than the carrier takes."), _FIX_FILE),
    ("S009", _INVALID, _("Picture has too many pixels"),
     _("The picture is wider or higher than the carrier takes (1500 by 1440)."),
     _("Scale the picture down and send again.")),
    ("S010", _FAILURE, _("Picture quota used up"), _("Too many pictures were uploaded to the carrier."),
     _LATER, "retryable"),
    ("S011", _FAILURE, _("Picture upload failed"), _RELAY_TROUBLE, _AGAIN, "retryable"),
    ("S012", _INVALID, _("Sender number's details wrong"),
     _("The sender number does not match what the carrier has registered."), _CHECK_SENDER),
    ("S998", _FAILURE, _("Unexpected fault at the carrier"), _RELAY_TROUBLE, _AGAIN, "retryable"),
    ("S999", _FAILURE, _("Refused for another reason"),
     _("The carrier gave no closer reason."), _ASK_OPERATOR),
)
_EMMA: tuple[_Row, ...] = (
    ("E900", _INVALID, _("Transfer key missing"), _INCOMPLETE, _ASK_OPERATOR),
    ("E901", _INVALID, _("Recipient number missing"), _INCOMPLETE, _CHECK_NUMBER),
    ("E902", _INVALID, _("Order of recipients missing"),
     _("A broadcast came without the order of its recipients."),
     _ASK_OPERATOR),
    ("E903", _INVALID, _("Subject missing"),
     _("The message needs a subject."), _("Add a subject and send again.")),
    ("E904", _INVALID, _("Text missing"), _("The message had no text."), _WRITE_TEXT),
    ("E905", _INVALID, _("Reply number missing"), _INCOMPLETE, _CHECK_SENDER),
    ("E906", _INVALID, _("Message key missing"), _INCOMPLETE, _ASK_OPERATOR),
    ("E907", _INVALID, _("Broadcast mark missing"), _INCOMPLETE, _ASK_OPERATOR),
    ("E908", _INVALID, _("Message type missing"), _INCOMPLETE, _ASK_OPERATOR),
    ("E909", _INVALID, _("Time of sending missing"), _INCOMPLETE, _ASK_OPERATOR),
    ("E910", _INVALID, _("Time limit missing"), _INCOMPLETE, _ASK_OPERATOR),
    ("E911", _INVALID, _("Attachment has no extension"),
     _("The name of an MMS attachment does not end in .jpg or .jpeg."), _FIX_FILE),
    ("E912", _INVALID, _("Attachment file missing"), _("The picture of an MMS was not where it should be."),
     _FIX_FILE),
    ("E913", _INVALID, _("Attachment empty"), _("The picture of an MMS has no content."), _FIX_FILE),
    ("E914", _INVALID, _("Attachment record missing"),
     _("The MMS names pictures that were never registered."),
     _FIX_FILE),
    ("E915", _INVALID, _("Duplicate message"), _("The carrier had already taken this message."),
     _("Look at the earlier message before you send again.")),
    ("E916", _INVALID, _("Number blocked by the carrier"),
     _("The number is on the carrier's list of blocked numbers."),
     _REMOVE_NUMBER),
    ("E917", _INVALID, _("Number on your block list"),
     _("The number is on the list of blocked numbers that you gave the carrier."), _REMOVE_NUMBER),
    ("E918", _INVALID, _("Sender number check failed"), _("The sender number is not one of the account's."),
     _CHECK_SENDER),
    ("E919", _FAILURE, _("Outside the hours of sending"),
     _("The message may not be sent again now, since its hours are limited."),
     _("Send it again within the allowed hours."), "retryable"),
    ("E920", _INVALID, _("LMS with an attachment"), _("A message of type LMS names pictures."),
     _("Remove the pictures, or send it as MMS.")),
    ("E921", _INVALID, _("MMS without an attachment"), _("A message of type MMS names no picture."),
     _("Attach a picture, or send it as LMS.")),
    ("E922", _INVALID, _("Reserved character used"),
     _("A broadcast holds a character that the carrier keeps for itself."),
     _("Replace the special characters and send again.")),
    ("E999", _FAILURE, _("Failed for another reason"),
     _("The carrier's agent gave no closer reason."), _ASK_OPERATOR),
)
_BONGSU: tuple[_Row, ...] = (
    (OPTED_OUT, _POLICY, _("Opted out"), _("The recipient refused advertising from you."),
     _("Leave the number out, unless the recipient has agreed to advertising again.")),
    (ADVERTISING_HOURS, _POLICY, _("Outside advertising hours"),
     _("It was due in the hours in which the project sends no advertising."),
     _("Send it again within the allowed hours; Settings, Advertising hours says which, and can "
       "let it wait."),
     "retryable"),
    (DUPLICATE, _POLICY, _("Duplicate"), _("The same text went to the same number shortly before."),
     _("Nothing, if once is enough; otherwise see Settings, Duplicates.")),
    (UNSENDABLE_CHARACTER, _POLICY, _("Character that cannot be sent"),
     _("The text holds a character that does not exist in EUC-KR, and the settings say not to replace it."),
     _("Replace the marked characters and send again.")),
    (TOO_LONG, _POLICY, _("Too long"),
     _("With its values filled in, the text exceeds what its type can hold."),
     _("Shorten the text or the value, or send it as LMS.")),
    (CANCELED, _POLICY, _("Canceled"),
     _("A person canceled the request before this message was handed over."),
     _NOTHING),
    (NO_REPORT, _FAILURE, _("No report"),
     _("The carrier accepted the message but did not say in time what became of it."),
     _("Ask the recipient whether it arrived before you send again."), "charged"),
    (OUTCOME_UNKNOWN, _FAILURE, _("Not known whether it was handed over"),
     _("The connection to the carrier broke while the message was being handed over."),
     _("Decide: send again and risk that it arrives twice, or leave it."), "charged"),
    (SENDER_NOT_APPROVED, _POLICY, _("Sender number no longer approved"),
     _("The approval of the sender number ended between the request and the sending."), _CHECK_SENDER),
    (CARRIER_UNAVAILABLE, _FAILURE, _("Carrier did not take it"),
     _("The carrier could not be reached, or kept refusing, until we gave up."),
     _("Ask the administrator to check the carrier, then send again."), "retryable"),
    (WRONG_NUMBER, _POLICY, _("Recipient number not valid"),
     _("No phone can have this number."), _CHECK_NUMBER),
    (MISSING_VALUE, _POLICY, _("Value missing"),
     _("A placeholder of the text has no value for this recipient."),
     _("Fill the value in and send again.")),
    (COUNTRY_NOT_ALLOWED, _POLICY, _("Country not allowed"),
     _("The country is not on the project's list, or the message is no SMS, which alone is sent to other "
       "countries."),
     _("Send it as SMS; allow the country under Settings, International, where it is not; then send again.")),
    (LIMIT_REACHED, _POLICY, _("Limit reached"), _("The project has sent as much as it may in this period."),
     _("Wait for the next period, or ask for a higher limit."), "retryable"),
    (ATTACHMENT_MISSING, _POLICY, _("Attachment missing"),
     _("The picture was no longer stored when the message was due."),
     _FIX_FILE),
    (NO_ROUTE, _FAILURE, _("No carrier for this message"),
     _("No carrier account is set up for this type of message and this country."),
     _("Ask the administrator to set up a carrier, then send again."), "retryable"),
    (EXPIRED, _POLICY, _("Too late to send"),
     _("The message could not be handed over within the time in which it makes sense."),
     _("Send it again if it is still wanted."), "retryable"),
    (PROJECT_CLOSED, _POLICY, _("Project closed"),
     _("The project was closed or suspended before the message went out."),
     _("Ask the administrator to open the project again.")),
    (LINE_CLOSED, _POLICY, _("080 line no longer open"),
     _("The 080 line that the text names was canceled before this advertising went out, so that nobody could "
       "have refused it there."),
     _("Choose an open 080 line, or apply for one under Senders, and send again.")),
    (ABROAD_OFF, _POLICY, _("International sending is off"),
     _("The project sends to no other country: that was switched off before this message went out."),
     _("Switch it on under Settings, International, then send again.")),
    (COUNTRY_BLOCKED, _POLICY, _("Country blocked"),
     _("Too few of the messages to this country had converted, so the project's settings blocked it."),
     _("Find out who asked for these messages, unblock it under Settings, International, and send again.")),
)
# fmt: on


def _entry(group: Group, row: _Row) -> ResultCode:
    code, outcome, meaning, cause, what_to_do = row[:5]
    marks = row[5] if len(row) == 6 else ""
    return ResultCode(
        code,
        group,
        outcome,
        meaning,
        cause,
        what_to_do,
        "retryable" in marks,
        "charged" in marks,
    )


_GROUPS = (
    (Group.REPORT, _REPORT),
    (Group.RESPONSE, _RESPONSE),
    (Group.EMMA, _EMMA),
    (Group.BONGSU, _BONGSU),
)

CATALOGUE: Mapping[str, ResultCode] = {row[0]: _entry(group, row) for group, rows in _GROUPS for row in rows}


def lookup(code: str) -> ResultCode:
    """The entry of a code; for a code that no table has, a failure that says so. Never an error."""
    known = CATALOGUE.get(code)
    if known is not None:
        return known
    return ResultCode(
        code,
        Group.UNKNOWN,
        Outcome.FAILURE,
        _("Unknown code"),
        _("The carrier gave a code that is in none of its tables."),
        _ASK_OPERATOR,
    )
