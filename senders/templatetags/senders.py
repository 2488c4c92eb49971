"""Filters of the sender pages: `{% load senders %}`.

sens_word   {{ number|sens_word }}: what SENS calls the state of a number or an 080 line; "" where nothing
"""

from django import template

from senders.sens_words import word_of

register = template.Library()
register.filter("sens_word", word_of)
