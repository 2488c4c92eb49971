"""Times as hidden fields and addresses of the webhooks' pages hold them."""

from datetime import datetime

from django.utils import timezone


def parse_moment(text: str) -> datetime | None:
    """An ISO time with its zone, or on the console's clock; None where it is neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
