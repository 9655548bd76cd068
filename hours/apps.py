from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks


class HoursConfig(AppConfig):
    name = "hours"
    verbose_name = "学时"

    def ready(self) -> None:
        from accounts.signals import people_added

        checks.register(certificate_fonts)
        people_added.connect(credit_waiting_completions)


def credit_waiting_completions(people: Any, **kwargs: Any) -> None:
    """Credit the completions that were reported before these people were added."""
    from hours.completions import waiting

    waiting.credit_people(people)


def certificate_fonts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warn if the fonts of 年度学时证明 are missing; `npm ci` installs them."""
    from hours.certificates.pdf import font_files

    missing = [path.name for path in font_files().values() if not path.exists()]
    hint = "Run `npm ci`; 年度学时证明 cannot be made without."
    return [checks.Warning(f"Missing: {', '.join(missing)}", hint=hint, id="hours.W001")] if missing else []
