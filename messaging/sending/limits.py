"""What is watched of sending abroad, every minute: how much of the month is used up, and how many convert.

Any number of workers may watch at once: what is told or blocked is written once, by whoever is first.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from console.accounts.events import record_events
from console.accounts.models import EventName
from console.accounts.notices import notify_members
from messaging.models import CountryBlock, InternationalSettings, InternationalUsage
from messaging.policies.international import TOLD_AT, ConversionRule, month_of, reached
from messaging.sending.international import blocked_of, settings_of
from messaging.statistics.conversion_rates import Rate, rates_of

# Where it is changed: the page's address, which this layer does not know.
PATH = "/settings/international/"


def check_limits() -> None:
    """Tell what was reached, and block what has to be."""
    for usage_id in usages_to_tell():
        tell_usage(usage_id)
    for project_id in projects_to_measure():
        block_countries(project_id)


# --- the month's limit ---------------------------------------------------------------------------


def usages_to_tell() -> list[int]:
    """Rows of this month of which not all may have been told."""
    rows = InternationalUsage.objects.filter(month=month_of(timezone.now()), told_percent__lt=max(TOLD_AT))
    return list(rows.filter(sent__gt=0).values_list("pk", flat=True))


def tell_usage(usage_id: int) -> bool:
    """Tell the members, and programs, the share of the limit in force that was reached, once a month each.

    Where two were reached at once, the higher one is told alone. Returns whether something was told.
    """
    with transaction.atomic():
        usage = InternationalUsage.objects.select_for_update(no_key=True).get(pk=usage_id)
        settings = settings_of(usage.project_id)
        percent = reached(usage.sent, settings.monthly_limit)
        if percent <= usage.told_percent:
            return False
        InternationalUsage.objects.filter(pk=usage_id).update(told_percent=percent)
        said = {
            "month": f"{usage.month:%Y-%m}",
            "percent": percent,
            "sent": usage.sent,
            "limit": settings.monthly_limit,
        }
        record_events(
            project_id=usage.project_id, name=EventName.LIMIT_REACHED, payloads=[said], at=timezone.now()
        )
        if settings.notifies_limit:
            _tell_members(usage, percent, said)
    return True


def _tell_members(usage: InternationalUsage, percent: int, said: dict[str, object]) -> None:
    context = {**said, "project_name": usage.project.name, "path": PATH}
    key = f"limit:{usage.month:%Y-%m}:{percent}"
    notify_members(project_id=usage.project_id, kind=f"limit_{percent}", key=key, context=context)


# --- conversion rates ----------------------------------------------------------------------------


def rule_of(settings: InternationalSettings) -> ConversionRule:
    return ConversionRule(
        rate=settings.conversion_rate, minimum=settings.conversion_minimum, hours=settings.conversion_hours
    )


def current_rates(settings: InternationalSettings, now: datetime) -> dict[int, Rate]:
    """What the rule is applied to now: the rate of each country, measured anew from its last unblocking."""
    since = now - timedelta(hours=settings.conversion_hours)
    lifted = CountryBlock.objects.filter(project=settings.project_id, lifted_at__gt=since)
    anew = dict(lifted.values_list("country_code").annotate(last=Max("lifted_at")))
    return rates_of(settings.project_id, since, anew=anew)


def projects_to_measure() -> list[int]:
    rows = InternationalSettings.objects.filter(is_on=True, blocks_by_conversion=True)
    return list(rows.exclude(conversion_countries=[]).values_list("project_id", flat=True))


def block_countries(project_id: int) -> list[int]:
    """Block the chosen countries that convert too little; return their codes.

    The settings are held meanwhile, so that a country that a person unblocks is not blocked by what was
    measured before.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = InternationalSettings.objects.select_for_update(no_key=True, of=("self",))
        settings = rows.filter(project=project_id, is_on=True, blocks_by_conversion=True).first()
        if settings is None:
            return []
        return [code for code, rate in _falling_short(settings, now) if _block(project_id, code, rate, now)]


def _falling_short(settings: InternationalSettings, now: datetime) -> Iterator[tuple[int, Rate]]:
    rule, chosen = rule_of(settings), set(settings.conversion_countries)
    watched = chosen - blocked_of(settings.project_id)
    if not watched:
        return
    for code, rate in sorted(current_rates(settings, now).items()):
        if code in watched and rule.blocks(rate.sent, rate.converted):
            yield code, rate


def _block(project_id: int, code: int, rate: Rate, now: datetime) -> bool:
    try:
        with transaction.atomic():
            block = CountryBlock.objects.create(
                project_id=project_id,
                country_code=code,
                sent=rate.sent,
                converted=rate.converted,
                blocked_at=now,
            )
    except IntegrityError:
        return False
    moment = timezone.localtime(now).isoformat(timespec="milliseconds")
    payload = {"countryCode": str(code), "blockedDateTime": moment}
    record_events(project_id=project_id, name=EventName.COUNTRY_BLOCKED, payloads=[payload], at=now)
    _tell_block(block, rate)
    return True


def _tell_block(block: CountryBlock, rate: Rate) -> None:
    context = {
        "project_name": block.project.name,
        "path": PATH,
        "code": block.country_code,
        "sent": rate.sent,
        "converted": rate.converted,
        "percent": rate.percent,
    }
    key = f"country-blocked:{block.pk}"
    notify_members(project_id=block.project_id, kind="country_blocked", key=key, context=context)
