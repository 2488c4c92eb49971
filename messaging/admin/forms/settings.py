"""What the forms of settings share: what the person saw, so that nobody undoes another's change unseen."""

from datetime import datetime
from typing import Any

from django import forms


class SettingsForm(forms.Form):
    """`seen` carries when the settings shown were changed; empty: never."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_seen(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            return None


def seen_now(settings: Any) -> str:
    """What `seen` says of these settings."""
    return settings.updated_at.isoformat() if settings.updated_at else ""
