"""What went wrong with a call, in words that tell a developer what to mend."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from messaging.webhooks.calling import TOTAL_SECONDS, Answer

WORDS: dict[str, Any] = {
    "url": _("This is no address of a receiver. Write one like https://example.com/hooks."),
    "url_long": _("The address is too long: 500 characters at most."),
    "url_userinfo": _(
        "The address holds a user name or password. Check who calls by the signature instead, and leave them"
        " out."
    ),
    "url_fragment": _("The address holds a #, and what stands behind it is never sent. Leave it out."),
    "private": _(
        "The address leads into a private network, where webhooks do not go. An administrator can allow that"
        " network."
    ),
    "plain": _(
        "Results hold phone numbers, so the address has to begin with https://. An administrator can allow"
        " http:// for one network (%(detail)s)."
    ),
    "port": _(
        "Port %(detail)s is not one at which receivers listen: use 443, or 80, 8080 or 8443. An administrator"
        " can allow any port for one network."
    ),
    "dns": _("The name %(detail)s cannot be found. Check how it is written, and its DNS."),
    "dns_timeout": _("The DNS of %(detail)s did not answer in time."),
    "connect": _("Nobody answered at this address and port, or a firewall refused. Check that it listens."),
    "connect_timeout": _("The connection was not made in time. Check the firewall in front of it."),
    "tls": _("The receiver’s certificate is not valid for this name: %(detail)s"),
    "timeout": _("No answer came within %(seconds)s seconds. Answer first, and work afterwards."),
    "broken": _("The connection ended before there was an answer."),
    "status": _("It answered %(status)s. Only 200 to 299 counts as taken."),
    "redirect": _("It answered %(status)s and sends callers elsewhere. Enter the address that it leads to."),
    "gone": _("It answered 410: it wants no more calls."),
    "echo": _(
        "It answered %(status)s, but not with the challenge. Answer with the value of hooks[0].challenge, as"
        " it is or as the value of “challenge” in JSON."
    ),
    "empty": _("Nothing of it is kept any more, so nothing was sent."),
}


def sentence(trouble: str, *, status: int | None = None, detail: str = "") -> str:
    """The trouble as a sentence; "" where there was none."""
    if not trouble:
        return ""
    values = {"status": status, "detail": detail, "seconds": int(TOTAL_SECONDS)}
    return str(WORDS.get(trouble, WORDS["broken"])) % values


def sentence_of(answer: Answer) -> str:
    return sentence(answer.trouble, status=answer.status, detail=answer.detail)
