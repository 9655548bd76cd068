"""Parts of the administrator's lists that stay quick at any size."""

from __future__ import annotations

from django.contrib.admin import SimpleListFilter
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from organizations.picker import open_tree
from organizations.tree import is_within

from . import access

# A list is cut after so many rows; who looks for more narrows it down.
MAX_COUNTED_ROWS = 10_000


class BoundedPaginator(Paginator):
    """Counts no further than a list is shown."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().values("pk")[:MAX_COUNTED_ROWS].count()


class SubtreeFilter(SimpleListFilter):
    """The open part of the region tree: cities first, and the counties of the city that was chosen."""

    title = "单位属地"
    parameter_name = "region"

    def lookups(self, request, model_admin) -> list[tuple[str, str]]:
        scope = access.scope(request)
        code = request.GET.get(self.parameter_name, "")
        nodes = open_tree(code or (scope[0].code if scope else ""))
        if scope is not None:
            nodes = [node for node in nodes if any(is_within(node.region, area) for area in scope)]
        self.nodes = {node.code: node for node in nodes}
        return [(node.code, node.name) for node in nodes]

    def queryset(self, request, queryset: QuerySet) -> QuerySet:
        node = self.nodes.get(self.value())
        return queryset.within(node.region) if node else queryset

    def choices(self, changelist):
        """Lines indented by their depth, without style or script."""
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
