"""Forms of the account pages. Errors are sentences for users."""

from __future__ import annotations

from threading import Thread
from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
    SetPasswordMixin,
    UsernameField,
)
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from config.web.forms import DateField, EmailField, NameField, form_helper

from . import identity, permissions
from .models import User, identity_digest, phone_validator
from .positions import PlannedAppointment, Position
from .signals import people_added

ID_TAKEN = "该证件号码已注册，可直接登录或找回密码。"
USERNAME_TAKEN = "该用户名已被使用，请换一个；如果是您本人注册的，可直接登录或找回密码。"
VALUE_TAKEN = "刚刚有人用同样的证件号码、手机号码或用户名完成了保存，请核对后重试。"
WRONG_LOGIN = "账号或密码不正确，请核对后重试。账号可以是身份证号、手机号或用户名，密码区分大小写。"
ACCOUNT_NOT_FOUND = "没有找到这个账号，请核对。对方须先在本系统注册；请输入完整的证件号码、手机号码或用户名。"
ACCOUNT_AMBIGUOUS = "这个账号对应不止一人，请改用证件号码或手机号码。"
WRONG_PASSWORD = "当前密码不正确，请重新输入。"  # noqa: S105
SAME_PASSWORD = "新密码不能与当前密码相同，请换一个。"  # noqa: S105
PASSWORD_RULES = "至少 8 个字符；不能全是数字、过于常见，也不能与您的个人信息相似或包含证件号码。"  # noqa: S105
# Longer than the numbers themselves, because people type spaces and hyphens and browsers cut off the rest.
PHONE_INPUT_LENGTH, ID_INPUT_LENGTH = "20", 40


class NewPasswordMixin(SetPasswordMixin, forms.BaseForm):
    """Labels and help for the two fields of a new password; the first one shows why a password is too weak."""

    first, second, second_label = "password1", "password2", "确认密码"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[self.first].help_text = PASSWORD_RULES
        again = self.fields[self.second]
        again.label, again.help_text = self.second_label, "请再输入一次，避免输错。"
        again.error_messages["required"] = "请再输入一次密码。"

    def validate_password_for_user(self, user: AbstractBaseUser, *args: Any, **kwargs: Any) -> None:
        super().validate_password_for_user(user, password_field_name=self.first)


class ChangedPasswordMixin(NewPasswordMixin):
    first, second, second_label = "new_password1", "new_password2", "确认新密码"


class PhoneField(forms.CharField):
    widget = forms.TelInput
    default_error_messages = {"max_length": phone_validator.message}

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        return identity.normalise_phone(text) if text else text

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "tel", "autocomplete": "tel", "maxlength": PHONE_INPUT_LENGTH}


class IdNumberField(forms.CharField):
    """A number of any kind of ID, normalised."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "证件号码")
        super().__init__(max_length=ID_INPUT_LENGTH, **kwargs)

    def to_python(self, value: Any) -> str:
        return identity.normalise(super().to_python(value) or "")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        return {**super().widget_attrs(widget), **attrs}


class PersonForm(forms.ModelForm):
    """Base of the forms that save a person."""

    def clean_id_number(self) -> str:
        """Check uniqueness by the digest, since the encrypted number cannot be looked up."""
        number = self.cleaned_data["id_number"]
        if User.objects.filter(id_digest=identity_digest(number)).exclude(pk=self.instance.pk).exists():
            raise ValidationError(ID_TAKEN, code="unique")
        return number

    def clean_name(self) -> str:
        """Check a new name; one that was stored before the rules stays until it is changed."""
        name: str = self.cleaned_data["name"]
        if name != self.instance.name and (problem := identity.name_problem(name)):
            raise ValidationError(problem)
        return name

    def clean_username(self) -> str:
        """Return the user name in lower case, as phone keyboards capitalise the first letter."""
        return self.cleaned_data["username"].lower()

    def save_unless_taken(self) -> User | None:
        """Save and return the person; None, with a form error, if a concurrent save took a unique value."""
        try:
            with transaction.atomic():
                return self.save()
        except IntegrityError:
            self.full_clean()  # finds the other row by now and adds the error to its field
            if not self.errors:
                self.add_error(None, VALUE_TAKEN)
            return None


class SignUpForm(NewPasswordMixin, PersonForm, BaseUserCreationForm):
    id_number = IdNumberField(help_text="加密保存，页面上只显示后四位。")

    class Meta:
        model = User
        fields = ("name", "id_kind", "id_number", "username", "phone", "email")
        field_classes = {"name": NameField, "username": UsernameField, "phone": PhoneField, "email": EmailField}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }
        help_texts = {
            "name": "与证件上的姓名一致，注册后不能自行修改。",
            "username": "以字母开头，4 至 30 位字母、数字或 _ . -",
            "phone": "11 位手机号码，可用于登录。",
            "email": "选填，用于找回密码。",
        }
        error_messages = {"username": {"unique": USERNAME_TAKEN}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].required = True
        self.fields["username"].widget.attrs.pop("autofocus", None)  # the form starts with the name
        self.helper = form_helper(self)

    def save(self, commit: bool = True) -> User:
        person: User = super().save(commit)
        if commit:
            people_added.send(User, people=[person])
        return person


class ProfileForm(PersonForm):
    """Changes by the person, with the current password, since phone and e-mail give access to the account."""

    current_password = forms.CharField(
        label="当前密码",
        strip=False,
        help_text="修改联系方式和用户名需要验证当前密码。",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    class Meta:
        model = User
        fields = ("username", "phone", "email")
        field_classes = {"username": UsernameField, "phone": PhoneField, "email": EmailField}
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}
        help_texts = SignUpForm.Meta.help_texts
        error_messages = {
            "username": {"unique": "该用户名已被使用，请换一个。"},
            "phone": {"unique": "该手机号码已被其他账号使用，请核对；如确为您本人的号码，请联系管理员。"},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(self)

    def clean_current_password(self) -> str:
        password = self.cleaned_data["current_password"]
        if not self.instance.check_password(password):
            raise ValidationError(WRONG_PASSWORD, code="password_incorrect")
        return password


class LoginForm(AuthenticationForm):
    """Log-in form with the same sentence for every failure, so it does not tell whether the account exists."""

    error_messages = {"invalid_login": WRONG_LOGIN, "inactive": WRONG_LOGIN}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "身份证号 / 手机号 / 用户名"
        self.helper = form_helper(self)


class OwnPasswordChangeForm(ChangedPasswordMixin, PasswordChangeForm):
    error_messages = {**PasswordChangeForm.error_messages, "password_incorrect": WRONG_PASSWORD}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "当前密码"
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.helper = form_helper(self)

    def clean(self) -> dict[str, Any]:
        """Refuse the current password as the new one: somebody else may know it, as with a first password."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        old, new = cleaned.get("old_password"), cleaned.get("new_password1")
        if old and old == new:
            self.add_error("new_password1", ValidationError(SAME_PASSWORD, code="password_same"))
        return cleaned


class ResetForm(PasswordResetForm):
    email = EmailField(label="电子邮箱", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(self)

    def get_users(self, email: str) -> list[User]:
        """Return the active people with this address; it is stored in lower case, so an index serves the look-up."""
        people = User.objects.filter(email=email.lower(), is_active=True)
        return [person for person in people if person.has_usable_password()]

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send in a thread, because a slower response would tell that the address is known."""
        Thread(target=super().send_mail, args=args, kwargs=kwargs).start()


class ResetPasswordForm(ChangedPasswordMixin, SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(self)


class AppointForm(forms.Form):
    """The person and period of an appointment. Only a complete identifier finds a person."""

    identifier = forms.CharField(
        label="证件号码、手机号码或用户名",
        max_length=ID_INPUT_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="须完整输入；下一步会显示姓名和证件号码后四位供您核对。",
        error_messages={"required": "请输入对方的证件号码、手机号码或用户名。"},
    )
    valid_from = DateField(
        label="起始日",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    valid_until = DateField(
        label="最后一日",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="当日仍有效，到期自动失效。",
    )

    def __init__(self, *args: Any, position: Position, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.position = position
        self.fields["valid_from"].initial = timezone.localdate
        self.fields["valid_until"].required = bool(position.deputy_of)
        if not position.deputy_of:
            self.fields["valid_until"].help_text = "当日仍有效，到期自动失效；留空表示长期。"
        self.helper = form_helper(self)

    def clean_identifier(self) -> User:
        people = list(User.objects.by_identifier(self.cleaned_data["identifier"])[:2])
        if len(people) != 1:
            raise ValidationError(ACCOUNT_AMBIGUOUS if people else ACCOUNT_NOT_FOUND)
        return people[0]

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not {"valid_from", "valid_until"} & self.errors.keys():
            start, end = self.cleaned_data["valid_from"], self.cleaned_data["valid_until"]
            for field, sentence in permissions.date_problems(start, end, self.position.deputy_of).items():
                self.add_error(field, sentence)
        if not self.errors:
            plan = self.plan
            permission = permissions.may_hold(plan.person, plan.position, plan.valid_from, plan.valid_until)
            if not permission:
                self.add_error("identifier", permission.reason)
        return self.cleaned_data

    @property
    def plan(self) -> PlannedAppointment:
        """The planned appointment of a valid form."""
        data = self.cleaned_data
        return PlannedAppointment(self.position, data["identifier"], data["valid_from"], data["valid_until"])
