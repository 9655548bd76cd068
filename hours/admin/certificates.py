"""Certificates in the admin, read-only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import stored_name_key
from config.texts import normalise_line
from hours.certificates import issuing
from hours.certificates.codes import grouped, normalise
from hours.models import Certificate
from hours.offices import Office
from organizations.admin import access

from .read_only import ReadOnlyAdmin


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    """Visible to the administrators of the region of the person's unit."""

    list_display = ("code_in_groups", "person", "shown_id", "years", "issued_at", "issued_by", "state")
    list_select_related = ("person", "issued_by")
    search_fields = ("code",)
    search_help_text = "证明编号（不分大小写，可省略横线）或姓名全称"
    fields = readonly_fields = (
        *("code_in_groups", "person", "shown_id", "years", "state"),
        *("issued_at", "issued_by", "revoked_at", "superseded_by"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Certificate]:
        rows, regions = Certificate.objects.order_by(*self.ordering), access.scope(request)
        if regions is None:
            return rows
        return rows.filter(issuing.profile_unit_in(Office([], [], list(regions)), "person"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Certificate], search_term: str
    ) -> tuple[QuerySet[Certificate], bool]:
        """Search by code or by full name; both have an index."""
        if not (term := normalise_line(search_term)):
            return queryset, False
        return queryset.filter(Q(code=normalise(term)) | Q(person__name_key=stored_name_key(term))), False

    @admin.display(description="证明编号")
    def code_in_groups(self, certificate: Certificate) -> str:
        return grouped(certificate.code)

    @admin.display(description="证件号码")
    def shown_id(self, certificate: Certificate) -> str:
        return certificate.person.masked_id

    @admin.display(description="年度")
    def years(self, certificate: Certificate) -> str:
        return "、".join(str(year) for year in sorted(issuing.years_of(certificate)))

    @admin.display(description="状态")
    def state(self, certificate: Certificate) -> str:
        return issuing.state_of(certificate).label
