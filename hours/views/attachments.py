"""附件, served only to those who may see the registration."""

from __future__ import annotations

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from hours.models import Attachment


@require_safe
@xframe_options_sameorigin  # our own pages show files in place
def serve(request: PersonRequest, pk: int) -> FileResponse:
    """Send one file under its original name, to be shown in place if the browser can."""
    attachment = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    response = FileResponse(
        attachment.file.open("rb"), filename=attachment.name, content_type=attachment.content_type, as_attachment=False
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
