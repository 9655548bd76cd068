"""Password validators beyond Django's own (settings.AUTH_PASSWORD_VALIDATORS)."""

from __future__ import annotations

from django.contrib.auth import password_validation
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

from . import identity


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's validator with a Chinese sentence, which Django's catalogue lacks."""

    def get_error_message(self) -> str:
        return f"密码太短，至少应有 {self.min_length} 个字符。"


class IdNumberValidator:
    """Refuses passwords with the person's ID number, which employers, banks and hotels know."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        number = identity.normalise(getattr(user, "id_number", None) or "")
        if number and number in identity.normalise(password):
            raise ValidationError("密码中不能包含证件号码。", code="password_holds_id_number")

    def get_help_text(self) -> str:
        return "你的密码不能包含你的证件号码。"
