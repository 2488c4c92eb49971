"""Tags of the home page: `{% load home %}`.

since       {% since moment as length %}: how long ago that was, in one unit ("3 minutes")
"""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone

from console.formatting import length_of

register = template.Library()


@register.simple_tag
def since(moment: datetime | None) -> str:
    """How long ago the moment was; a dash where there is none."""
    if moment is None:
        return "–"
    return length_of(max(timezone.now() - moment, timedelta(0)))
