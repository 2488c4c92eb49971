"""Names of countries in templates: `{% load countries %}`, `{% country_name code %}`."""

from django import template

from messaging.content.countries import label_of

register = template.Library()


@register.simple_tag
def country_name(code: int) -> str:
    """The country of a calling code in the reader's language, with the code: "Japan (+81)"."""
    return label_of(int(code))
