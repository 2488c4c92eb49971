"""Model admins: one limited to the person's project, one for the platform's staff.

Neither asks Django's own permissions: what a person may do comes from their roles alone.
"""

from typing import Any, ClassVar

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Field, Model, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.admin import ModelAdmin

from console.accounts.models import Project, User
from console.accounts.roles import Permission
from console.accounts.scoping import Scope
from console.guard import refusal, scope_of


def scoped_queryset(queryset: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
    """The rows of that model which belong to the scope's project; nothing where there is no project.

    Raises ImproperlyConfigured for a model that has no `project`: such a choice must be limited by its page.
    """
    model = queryset.model
    if scope.project is None:
        return queryset.none()
    if model is Project:
        return queryset.filter(pk=scope.project.pk)
    if model is User:
        return queryset.filter(memberships__project=scope.project)
    try:
        model._meta.get_field("project")
    except FieldDoesNotExist as error:
        raise ImproperlyConfigured(f"{model.__name__} has no project: name it in shared_models.") from error
    return queryset.filter(project=scope.project)


class BaseConsoleAdmin(ModelAdmin):
    """What both kinds share: the guard before every page, and a 404 for what is not theirs to see."""

    view_permission: ClassVar[Permission]
    change_permission: ClassVar[Permission]
    needs_project: ClassVar[bool] = True
    needs_verified: ClassVar[bool] = True
    needs_fresh: ClassVar[bool] = False
    list_title: ClassVar[Any] = None
    compressed_fields = True
    warn_unsaved_form = True
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        urls = super().get_urls()
        for pattern in urls:
            pattern.callback = self._guarded(pattern.callback)
        return urls

    def _guarded(self, view: Any) -> Any:
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refused = refusal(
                request,
                permission=self.view_permission,
                needs_project=self.needs_project,
                needs_verified=self.needs_verified,
                needs_fresh=self.needs_fresh,
            )
            return refused if refused is not None else view(request, *args, **kwargs)

        guarded.model_admin = self  # type: ignore[attr-defined]
        return guarded

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        raise Http404

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._allows(request, self.view_permission, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._allows(request, self.change_permission, None)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._allows(request, self.change_permission, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._allows(request, self.change_permission, obj)

    def _allows(self, request: HttpRequest, permission: Permission, obj: Model | None) -> bool:
        return scope_of(request).allows(permission)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        title = self.list_title or self.opts.verbose_name_plural
        return super().changelist_view(request, {"title": title, **(extra_context or {})})


class PlatformAdmin(BaseConsoleAdmin):
    """A page of the platform's staff, over every organization; who signed in hours ago is asked again."""

    view_permission = Permission.ADMINISTER
    change_permission = Permission.ADMINISTER
    needs_project = False
    needs_verified = False
    needs_fresh = True


class ProjectForm(ModelForm):
    """A model form whose new instance belongs to the project before it is validated.

    So that a rule over (project, name) is checked with the form, and not first by the database.
    """

    scope_project: ClassVar[Project]
    project_field: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            setattr(self.instance, self.project_field, self.scope_project)

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {self.project_field}  # type: ignore[misc]


class ProjectScopedAdmin(BaseConsoleAdmin):
    """A page over one model, limited to the person's project in every queryset, choice and action.

    `project_lookup` leads from the model to its project. `shared_models` are the models that belong to no
    project and may be chosen from any. An object of another project is a 404.
    """

    project_lookup: ClassVar[str] = "project"
    shared_models: ClassVar[tuple[type[Model], ...]] = ()
    view_permission = Permission.LOOK_UP
    change_permission = Permission.MANAGE_PROJECT

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        project = scope_of(request).project
        queryset = super().get_queryset(request)
        return queryset.none() if project is None else queryset.filter(**{self.project_lookup: project})

    def _allows(self, request: HttpRequest, permission: Permission, obj: Model | None) -> bool:
        scope = scope_of(request)
        if scope.project is None or not scope.allows(permission):
            return False
        return obj is None or self._is_own(obj, scope.project)

    def _is_own(self, obj: Any, project: Project) -> bool:
        for name in self.project_lookup.split("__"):
            obj = getattr(obj, name)
        return bool(obj == project)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self._choices(db_field, request, kwargs.get("queryset"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self._choices(db_field, request, kwargs.get("queryset"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _choices(self, db_field: Any, request: HttpRequest, queryset: QuerySet[Any] | None) -> QuerySet[Any]:
        model = db_field.remote_field.model
        queryset = model._default_manager.all() if queryset is None else queryset
        return queryset if model in self.shared_models else scoped_queryset(queryset, scope_of(request))

    @property
    def _own_project_field(self) -> str | None:
        return self.project_lookup if "__" not in self.project_lookup else None

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        exclude = list(super().get_exclude(request, obj) or [])
        return [*exclude, self._own_project_field] if self._own_project_field else exclude

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if self._own_project_field is None:
            return form
        own = {"scope_project": scope_of(request).project, "project_field": self._own_project_field}
        return type(form)(form.__name__, (ProjectForm, form), own)

    def get_field_queryset(self, db: Any, db_field: Field, request: HttpRequest) -> QuerySet[Any] | None:
        queryset = super().get_field_queryset(db, db_field, request)
        return None if queryset is None else self._choices(db_field, request, queryset)
