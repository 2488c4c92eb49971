"""Backup: whether and where history goes before it is dropped, and what became of each day."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from console.accounts.roles import Permission
from console.guard import person_of
from console.pages import ConsolePage, page_url, paginate, register_page
from messaging.admin.forms.settings import SettingsForm, seen_now
from messaging.history.choosing import (
    FIELDS,
    WHAT_IS_WRONG,
    BackupRefused,
    BackupWish,
    backup_of,
    change_backup,
    try_storage,
)
from messaging.history.storages import StorageProblem, location_of
from messaging.models import BackupFile, BackupSettings
from messaging.models.backup import BackupFormat, BackupPlace
from messaging.sending.kept import KEPT_DAYS

PAGE_SIZE = 30


def text_field(label: Any, limit: int, help_text: Any = "", **attrs: Any) -> forms.CharField:
    """A line of text that may stay empty: the service says what is missing."""
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attrs})
    return forms.CharField(label=label, max_length=limit, required=False, help_text=help_text, widget=widget)


class BackupForm(SettingsForm):
    is_on = forms.BooleanField(label=_("Back up history before it is dropped"), required=False)
    file_format = forms.ChoiceField(
        label=_("File type"), choices=BackupFormat.choices, widget=forms.RadioSelect
    )
    place = forms.ChoiceField(label=_("Storage"), choices=BackupPlace.choices, widget=forms.RadioSelect)
    folder = text_field(_("Folder"), 40, _("A name below your project's own folder. May be empty."))
    endpoint = text_field(
        _("Endpoint"), 200, _("Like https://storage.example.com. Empty: Amazon S3."), inputmode="url"
    )
    region = text_field(_("Region"), 40, _("Like ap-northeast-2."))
    bucket = text_field(_("Bucket"), 63)
    prefix = text_field(_("Folder in the bucket"), 200, _("May be empty."))  # type: ignore[assignment]
    access_key = text_field(_("Access key"), 128)
    secret_key = forms.CharField(
        label=_("Secret key"),
        max_length=256,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    S3_FIELDS = ("endpoint", "region", "bucket", "prefix", "access_key", "secret_key")

    def s3_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.S3_FIELDS]

    def wish(self) -> BackupWish:
        return BackupWish(**self.cleaned_data)


@register_page
class BackupPage(ConsolePage, FormView):
    """On or off, the type of the files, the storage; below it the file of each day."""

    path = "settings/backup/"
    name = "settings_backup"
    title = _("Backup")
    permission = Permission.MANAGE_PROJECT
    needs_fresh = True
    template_name = "messaging/history/backup.html"
    form_class = BackupForm
    answer: tuple[str, Any] | None = None

    @cached_property
    def chosen(self) -> BackupSettings:
        return backup_of(self.project)

    def get_initial(self) -> dict[str, Any]:
        kept = {name: getattr(self.chosen, name) for name in FIELDS}
        return {**kept, "secret_key": "", "seen": seen_now(self.chosen)}

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        if self.chosen.secret_key:
            form.fields["secret_key"].help_text = _("One is kept. Leave this empty to go on with it.")
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            if self.request.POST.get("do") == "test":
                return self.tested(form)
            change_backup(project=self.project, user=person_of(self.request), wish=form.wish())
        except BackupRefused as refused:
            for name, sentence in refused.problems.items():
                form.add_error(name or None, sentence)
            return self.form_invalid(form)
        messages.success(self.request, _("The backup settings were saved."))
        return redirect(page_url(self.name))

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def tested(self, form: Any) -> HttpResponse:
        """The page as it was typed, with what the storage said; nothing is saved."""
        wrong = try_storage(project=self.project, wish=form.wish())
        works = _("The storage works: a small file was written, read back and deleted. Nothing is saved yet.")
        self.answer = ("red", wrong) if wrong else ("green", works)
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        files = BackupFile.objects.filter(project=self.project)
        page = paginate(files, cursor=self.request.GET.get("cursor", ""), size=PAGE_SIZE)
        own = {
            "chosen": self.chosen,
            "answer": self.answer,
            "page": page,
            "rows": [shown_file(file, self.location) for file in page.rows],
            "location": self.location,
            "kept_days": KEPT_DAYS,
            "has_folder": bool(settings.BONGSU_BACKUP_ROOT),
        }
        return super().get_context_data(**own, **kwargs)

    @cached_property
    def location(self) -> str:
        """Where files go now, or "" where nothing was chosen."""
        try:
            return location_of(self.chosen) if self.chosen.is_on else ""
        except StorageProblem:
            return ""


def shown_file(file: BackupFile, location: str) -> dict[str, Any]:
    """A file as the list shows it: one that lies in another storage than now is not handed out."""
    return {
        "file": file,
        "problem": WHAT_IS_WRONG.get(file.problem, ""),
        "is_here": bool(file.verified_at) and file.location == location,
    }
