"""Parts of administration lists that stay fast at any size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from config.constants import ADMIN_COUNT_LIMIT
from organizations.picker import open_tree
from organizations.querysets import within
from organizations.tree import is_in_scope

from . import access

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices


class BoundedPaginator(Paginator):
    """Counts at most ADMIN_COUNT_LIMIT rows, so that a list ends there."""

    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().values("pk")[:ADMIN_COUNT_LIMIT].count()


class SubtreeFilter(SimpleListFilter):
    """A filter by the open part of the region tree: cities, and the counties of the chosen city."""

    title = "单位属地"
    parameter_name = "region"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        scope = access.scope(request)
        code = request.GET.get(self.parameter_name, "")
        nodes = open_tree(code or (scope[0].code if scope else ""))
        self.nodes = {node.code: node for node in nodes if is_in_scope(node.region, scope)}
        return [(node.code, node.name) for node in self.nodes.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        node = self.nodes.get(self.value() or "")
        return queryset.filter(within(node.region, "region")) if node else queryset

    def choices(self, changelist: ChangeList) -> Iterator[_ListFilterChoices]:
        """Yield the regions, indented by their depth with full-width spaces."""
        top = min((node.depth for node in self.nodes.values()), default=0)
        yield {
            "selected": self.value() not in self.nodes,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "全部",
        }
        for code, node in self.nodes.items():
            yield {
                "selected": self.value() == code,
                "query_string": changelist.get_query_string({self.parameter_name: code}),
                "display": "　" * (node.depth - top) + node.name,
            }
