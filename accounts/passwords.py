"""Rules for passwords beyond Django's own (settings.AUTH_PASSWORD_VALIDATORS)."""

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from . import identity


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's, with the sentence that its Chinese catalogue lacks."""

    def get_error_message(self) -> str:
        return f"密码太短，至少应有 {self.min_length} 个字符。"


class IdNumberValidator:
    """An ID number is known to employers, banks and hotels."""

    def validate(self, password: str, user=None) -> None:
        number = identity.normalise(getattr(user, "id_number", None) or "")
        if number and number in identity.normalise(password):
            raise ValidationError("密码中不能包含证件号码。", code="password_holds_id_number")

    def get_help_text(self) -> str:
        return "你的密码不能包含你的证件号码。"
