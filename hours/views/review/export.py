"""The filtered list as an Excel file."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hours.review import exports
from hours.review.queue import TABS

from .queue import here, queue_of


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Everything that the list holds, all pages of it, masked as on the screen."""
    queue = queue_of(request)
    if queue.counted(exports.MAX_ROWS) > exports.MAX_ROWS:
        messages.error(request, f"符合条件的登记超过 {exports.MAX_ROWS} 条，请用筛选缩小范围后再导出。")
        return redirect(f"{reverse('hours:review')}{here(queue)}")
    name = f"学时审核-{TABS[queue.tab]}-{timezone.localdate():%Y-%m-%d}.xlsx"
    return FileResponse(
        exports.registrations(queue.all_lines(), decided=queue.tab == "done"),
        as_attachment=True,
        filename=name,
        content_type=exports.CONTENT_TYPE,
    )
