"""The filtered list as an Excel file."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from hours.review import exports
from hours.review.queue import TABS

from .queue import query_with_position, queue_or_404


@require_safe
def export(request: PersonRequest) -> HttpResponseBase:
    """Send all pages of the list, with masked ID numbers."""
    queue = queue_or_404(request)
    if queue.count_up_to(settings.EXPORT_MAX_ROWS) > settings.EXPORT_MAX_ROWS:
        messages.error(request, f"符合条件的登记超过 {settings.EXPORT_MAX_ROWS} 条，请用筛选缩小范围后再导出。")
        return redirect(f"{reverse('hours:review')}{query_with_position(queue)}")
    name = f"学时审核-{TABS[queue.tab]}-{timezone.localdate():%Y-%m-%d}.xlsx"
    return FileResponse(
        exports.review_workbook(queue.all_lines(), with_decisions=queue.tab == "done"),
        as_attachment=True,
        filename=name,
        content_type=exports.CONTENT_TYPE,
    )
