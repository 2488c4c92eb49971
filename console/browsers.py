"""What a browser says of itself, in two words. Pure."""

import re

# The first that fits: most of them name those before them too.
BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Whale", r"Whale/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Opera", r"OPR/|Opera"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)


def browser_in_words(user_agent: str) -> str:
    """Its name and its system, `Chrome · Windows`; the beginning of what it says where neither is known."""
    names = [
        name
        for table in (BROWSERS, SYSTEMS)
        for name in [next((name for name, sign in table if re.search(sign, user_agent)), "")]
        if name
    ]
    return " · ".join(names) or user_agent[:60]
