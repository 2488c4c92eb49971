"""How dates and times are written in each language (`FORMAT_MODULE_PATH`).

English is written as ISO 8601, since its readers do not agree on which of two numbers is the month; Korean as
Unicode's CLDR has it, with a clock of 24 hours as this console has everywhere. `SECOND_FORMAT`,
`CLOCK_SECOND_FORMAT` and `SHORT_MONTH_DAY_FORMAT` are names of our own, for `console.formatting`.
"""
