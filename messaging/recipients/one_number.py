"""One number that is typed for a country. Pure."""

from messaging.content.countries import named_by
from messaging.recipients.numbers import KOREA, WRONG_FORMAT, Number, WrongNumber, plain, read_number

FEWEST_DIGITS = 4


def read_number_in(country_code: int, written: str) -> Number:
    """The recipient that a number means which is typed for a country, as it is dialled there, with or without
    that country's code; one with a plus is what it says. Raises WrongNumber.
    """
    text = plain(written)
    if country_code == KOREA or text.startswith("+") or not text:
        return read_number(written)
    if not (text.isascii() and text.isdigit()):
        raise WrongNumber(WRONG_FORMAT, "characters")
    if len(text) < FEWEST_DIGITS:
        raise WrongNumber(WRONG_FORMAT, "too_short")
    return _of_country(country_code, text)


def _of_country(country_code: int, digits: str) -> Number:
    import phonenumbers  # 10 MB and a tenth of a second: only where a number needs it

    # An area code that is a country of its own stands between the calling code and the number.
    area = str(country_code)[1:] if str(country_code).startswith("1") and country_code > 1 else ""
    region = phonenumbers.region_code_for_country_code(1 if area else country_code)
    for national in (digits, area + digits) if area else (digits,):
        try:
            parsed = phonenumbers.parse(national, region)
            found = read_number(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
        except (phonenumbers.NumberParseException, WrongNumber):
            continue
        if named_by(found.country_code) == named_by(country_code):
            return found
    raise WrongNumber(WRONG_FORMAT, "of_country")


def as_written(number: Number) -> str:
    """A number that was read, so that it is read again as the same."""
    return number.number if number.country_code == KOREA else f"+{number.country_code}{number.number}"
