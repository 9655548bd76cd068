"""附件: served by the application, to those who may see the registration, and to nobody else."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from hours.models import Attachment


@require_safe
@xframe_options_sameorigin  # evidence is shown in place, by our own pages only
def serve(request: HttpRequest, pk: int) -> FileResponse:
    """One file, shown in place where the browser can, under the name that its owner gave it."""
    attachment = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    response = FileResponse(
        attachment.file.open("rb"), filename=attachment.name, content_type=attachment.content_type, as_attachment=False
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
