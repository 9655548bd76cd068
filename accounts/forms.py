"""SHAPE: what the account pages take. Errors are sentences for people."""

from __future__ import annotations

from threading import Thread

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
    UsernameField,
)
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from config.web.forms import LineField, form_helper

from . import appointments, identity
from .appointments import PlannedAppointment, Position
from .models import User, identity_digest, phone_validator

ID_TAKEN = "该证件号码已注册，可直接登录或找回密码。"
USERNAME_TAKEN = "该用户名已被使用，请换一个；如果是您本人注册的，可直接登录或找回密码。"
SOMETHING_TAKEN = "刚刚有人用同样的证件号码、手机号码或用户名完成了保存，请核对后重试。"
WRONG_LOGIN = "账号或密码不正确，请核对后重试。账号可以是身份证号、手机号或用户名，密码区分大小写。"
NOBODY = "没有找到这个账号，请核对。对方须先在本系统注册；请输入完整的证件号码、手机号码或用户名。"
SEVERAL = "这个账号对应不止一人，请改用证件号码或手机号码。"
WRONG_PASSWORD = "当前密码不正确，请重新输入。"  # noqa: S105
PASSWORD_RULES = "至少 8 个字符；不能全是数字、过于常见，也不能与您的个人信息相似或包含证件号码。"  # noqa: S105
# Room for the spaces and hyphens that people type, and browsers cut off beyond it.
TYPED_PHONE, TYPED_ID = "20", 40


class NewPassword:
    """Our words for the two fields of a new password; a weak one is told at the first, where it is chosen."""

    first, second, second_label = "password1", "password2", "确认密码"

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields[self.first].help_text = PASSWORD_RULES
        again = self.fields[self.second]
        again.label, again.help_text = self.second_label, "请再输入一次，避免输错。"
        again.error_messages["required"] = "请再输入一次密码。"

    def validate_password_for_user(self, user, *args, **kwargs) -> None:
        super().validate_password_for_user(user, password_field_name=self.first)


class ChosenAnew(NewPassword):
    first, second, second_label = "new_password1", "new_password2", "确认新密码"


class PhoneField(forms.CharField):
    widget = forms.TelInput
    default_error_messages = {"max_length": phone_validator.message}

    def to_python(self, value):
        value = super().to_python(value)
        return identity.normalise_phone(value) if value else value

    def widget_attrs(self, widget) -> dict[str, str]:
        return {"inputmode": "tel", "autocomplete": "tel", "maxlength": TYPED_PHONE}


class IdNumberField(forms.CharField):
    """Gives the number in its normal form: without spaces and hyphens, in capitals and half width."""

    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("label", "证件号码")
        super().__init__(max_length=TYPED_ID, **kwargs)

    def to_python(self, value):
        return identity.normalise(super().to_python(value))

    def widget_attrs(self, widget) -> dict[str, str]:
        attrs = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        return {**super().widget_attrs(widget), **attrs}


class PersonForm(forms.ModelForm):
    """What the forms that write a person share."""

    def clean_id_number(self) -> str:
        """The database finds a number by its digest only, so the form asks by digest whether it is taken."""
        number = self.cleaned_data["id_number"]
        if User.objects.filter(id_digest=identity_digest(number)).exclude(pk=self.instance.pk).exists():
            raise ValidationError(ID_TAKEN, code="unique")
        return number

    def clean_username(self) -> str:
        """In small letters, so that it does not matter how a phone's keyboard begins it."""
        return self.cleaned_data["username"].lower()

    def save_unless_taken(self) -> User | None:
        """The saved person; None, with a sentence at its field, if somebody else was quicker with a unique value."""
        try:
            with transaction.atomic():
                return self.save()
        except IntegrityError:
            self.full_clean()  # the same questions again: by now the other row answers them
            if not self.errors:
                self.add_error(None, SOMETHING_TAKEN)
            return None


class SignUpForm(NewPassword, PersonForm, BaseUserCreationForm):
    id_number = IdNumberField(help_text="加密保存，页面上只显示后四位。")

    class Meta:
        model = User
        fields = ("name", "id_kind", "id_number", "username", "phone", "email")
        field_classes = {"name": LineField, "username": UsernameField, "phone": PhoneField}
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

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].required = True
        self.fields["username"].widget.attrs.pop("autofocus", None)  # people begin at the top, with their name
        self.helper = form_helper(self)

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if problem := identity.name_problem(name):
            raise ValidationError(problem)
        return name


class ProfileForm(PersonForm):
    """What people change themselves. The present password is asked for, since phone and e-mail open the account."""

    current_password = forms.CharField(
        label="当前密码",
        strip=False,
        help_text="修改联系方式和用户名需要验证当前密码。",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    class Meta:
        model = User
        fields = ("username", "phone", "email")
        field_classes = {"username": UsernameField, "phone": PhoneField}
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}
        help_texts = SignUpForm.Meta.help_texts
        error_messages = {
            "username": {"unique": "该用户名已被使用，请换一个。"},
            "phone": {"unique": "该手机号码已被其他账号使用，请核对；如确为您本人的号码，请联系管理员。"},
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(self)

    def clean_current_password(self) -> str:
        password = self.cleaned_data["current_password"]
        if not self.instance.check_password(password):
            raise ValidationError(WRONG_PASSWORD, code="password_incorrect")
        return password


class LoginForm(AuthenticationForm):
    """One sentence for every failure: it does not tell whether the account exists."""

    error_messages = {"invalid_login": WRONG_LOGIN, "inactive": WRONG_LOGIN}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "身份证号 / 手机号 / 用户名"
        self.helper = form_helper(self)


class OwnPasswordChangeForm(ChosenAnew, PasswordChangeForm):
    error_messages = {**PasswordChangeForm.error_messages, "password_incorrect": WRONG_PASSWORD}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "当前密码"
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.helper = form_helper(self)


class ResetForm(PasswordResetForm):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "电子邮箱"
        self.helper = form_helper(self)

    def get_users(self, email: str) -> list[User]:
        """Addresses are stored in small letters: one indexed comparison finds them in whatever case they are typed."""
        people = User.objects.filter(email=email.lower(), is_active=True)
        return [person for person in people if person.has_usable_password()]

    def send_mail(self, *args, **kwargs) -> None:
        """Beside the answer: how long the mail server takes would tell that the address is known."""
        Thread(target=super().send_mail, args=args, kwargs=kwargs).start()


class ResetPasswordForm(ChosenAnew, SetPasswordForm):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(self)


class AppointForm(forms.Form):
    """Whom to appoint from when until when. The person is found by a whole identifier only."""

    identifier = forms.CharField(
        label="证件号码、手机号码或用户名",
        max_length=TYPED_ID,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="须完整输入；下一步会显示姓名和证件号码后四位供您核对。",
        error_messages={"required": "请输入对方的证件号码、手机号码或用户名。"},
    )
    valid_from = forms.DateField(
        label="起始日",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    valid_until = forms.DateField(
        label="最后一日",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="当日仍有效，到期自动失效。",
    )

    def __init__(self, *args, position: Position, **kwargs) -> None:
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
            raise ValidationError(SEVERAL if people else NOBODY)
        return people[0]

    def clean(self) -> dict:
        data = super().clean()
        person, start, end = data.get("identifier"), data.get("valid_from"), data.get("valid_until")
        if start and "valid_until" not in self.errors:
            for field, sentence in appointments.date_problems(start, end, self.position.deputy_of).items():
                self.add_error(field, sentence)
        if not self.errors and not (free := appointments.may_hold(person, self.position, start, end)):
            self.add_error("identifier", free.reason)
        return data

    @property
    def plan(self) -> PlannedAppointment:
        data = self.cleaned_data
        return PlannedAppointment(self.position, data["identifier"], data["valid_from"], data["valid_until"])
