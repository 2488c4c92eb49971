"""May this message go, as it is, now?"""
