"""Small pages that add, change and delete categories."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.accounts.roles import Permission
from console.pages import ConsolePage, page_url, register_page
from messaging.admin.templates.forms import CategoryForm
from messaging.library.categories import (
    CategoryNode,
    add_category,
    category_tree,
    change_category,
    delete_category,
)
from messaging.library.errors import LibraryRefused
from messaging.models import Category


class CategoryPage(ConsolePage):
    """A page about the tree of categories."""

    permission = Permission.SEND
    template_name = "messaging/templates/category_form.html"

    @cached_property
    def tree(self) -> list[CategoryNode]:
        return category_tree(self.project)

    @cached_property
    def node(self) -> CategoryNode:
        """The category that the address names. Raises Http404."""
        found = [node for node in self.tree if node.category.pk == self.kwargs["pk"]]
        if not found:
            raise Http404
        return found[0]

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Templates"), page_url("templates"))]

    def list_address(self, category: Category | None) -> str:
        address = page_url("templates")
        return f"{address}?category={category.pk}" if category is not None else address


class CategoryFormPage(CategoryPage):
    """A page with the form of one category."""

    def form_of(self, data: QueryDict | None) -> CategoryForm:
        raise NotImplementedError

    def store(self, form: CategoryForm) -> Category:
        """Save what a valid form says. Raises LibraryRefused."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or self.form_of(None)
        return {**super().get_context_data(**kwargs), "form": form, "back": self.back()}

    def back(self) -> str:
        return page_url("templates")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form_of(request.POST)
        if form.is_valid():
            try:
                return redirect(self.list_address(self.store(form)))
            except LibraryRefused as refused:
                form.add_problems(refused.problems)
        return self.render_to_response(self.get_context_data(form=form), status=422)


@register_page
class CategoryAddPage(CategoryFormPage):
    path = "templates/categories/add/"
    name = "template_category_add"
    title = _("Add a category")

    def form_of(self, data: QueryDict | None) -> CategoryForm:
        return CategoryForm(data, tree=self.tree, initial={"parent": self.request.GET.get("under", "")})

    def store(self, form: CategoryForm) -> Category:
        category = add_category(
            project=self.project, parent=form.chosen_parent, name=form.cleaned_data["name"]
        )
        messages.success(self.request, gettext("“%(name)s” is added.") % {"name": category.name})
        return category


@register_page
class CategoryChangePage(CategoryFormPage):
    """Another name, or another place; never below itself."""

    path = "templates/categories/<int:pk>/change/"
    name = "template_category_change"

    def get_title(self) -> str:
        return str(_("Rename or move “%(name)s”") % {"name": self.node.category.name})

    def form_of(self, data: QueryDict | None) -> CategoryForm:
        initial = {"name": self.node.category.name, "parent": str(self.node.category.parent_id or "")}
        elsewhere = [node for node in self.tree if node.category.pk not in self.node.within]
        return CategoryForm(data, tree=elsewhere, initial=initial)

    def back(self) -> str:
        return self.list_address(self.node.category)

    def store(self, form: CategoryForm) -> Category:
        category = change_category(
            category=self.node.category, name=form.cleaned_data["name"], parent=form.chosen_parent
        )
        messages.success(self.request, gettext("Saved."))
        return category


@register_page
class CategoryDeletePage(CategoryPage):
    """Deleting an empty category; of one that is not, what is in it."""

    path = "templates/categories/<int:pk>/delete/"
    name = "template_category_delete"
    title = _("Delete a category")
    template_name = "messaging/templates/category_delete.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {
            "node": self.node,
            "sentence": _("The category “%(name)s” is deleted.") % {"name": self.node.path},
            "back": self.list_address(self.node.category),
        }
        return {**super().get_context_data(**kwargs), **own}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        above = self.node.category.parent
        try:
            delete_category(category=self.node.category)
        except LibraryRefused as refused:
            messages.error(request, str(refused))
            return redirect(self.list_address(self.node.category))
        messages.success(request, gettext("The category is deleted."))
        return redirect(self.list_address(above))
