"""Sign-up, log-in, password and profile."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts import backends, forms
from accounts import profile as profile_page
from accounts.models import User
from accounts.requests import PersonRequest
from config.web.limits import Limit

WELCOME = "注册成功，欢迎您，{name}。接下来请点击【新登记培训】登记您的第一条学时。"
BACKEND = "accounts.backends.AnyIdentifierBackend"
DAY = 24 * 60 * 60
# Both pages are public: one tells whether a number is registered, the other sends mail.
SIGN_UPS = Limit("SIGN_UPS_IN_TEN_MINUTES", minutes=10)
RESETS = Limit("PASSWORD_RESETS_IN_TEN_MINUTES", minutes=10)


@login_not_required
@sensitive_post_parameters()
def signup(request: HttpRequest) -> HttpResponse:
    """注册: create an account, log in and go to the list of registrations, where the manual starts."""
    if request.user.is_authenticated:
        return redirect("hours:list")
    if request.method == "POST" and SIGN_UPS.hit(request):
        typed = forms.SignUpForm(initial=request.POST.dict())
        return SIGN_UPS.refuse(request, "accounts/signup.html", {"form": typed})
    form = forms.SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (person := form.save_unless_taken()):
        login(request, person, backend=BACKEND)
        messages.success(request, WELCOME.format(name=person.name))
        return redirect("hours:list")
    return render(request, "accounts/signup.html", {"form": form})


class Login(views.LoginView):
    """登录 by ID number, phone or user name."""

    form_class = forms.LoginForm
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if backends.FAILURES.is_exhausted(request):
            typed = self.form_class(request, initial=request.POST.dict())
            return backends.FAILURES.refuse(request, self.template_name, self.get_context_data(form=typed))
        return super().post(request, *args, **kwargs)


@method_decorator(login_not_required, name="dispatch")
class Logout(views.LogoutView):
    """退出, by POST only; works after the session has ended, too."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        messages.success(request, "您已安全退出。")
        return response


@sensitive_post_parameters()
def profile(request: PersonRequest) -> HttpResponse:
    """个人资料: the person's facts and appointments, and a form for what they may change."""
    # A second instance, because an invalid form changes its instance and the page frame shows request.user.
    person = get_object_or_404(User.objects.select_related("unit"), pk=request.user.pk)
    form = forms.ProfileForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid() and form.save_unless_taken():
        messages.success(request, "个人资料已保存。")
        return redirect("accounts:profile")
    context = {"form": form, "facts": profile_page.facts(person), "appointments": profile_page.appointments(person)}
    return render(request, "accounts/profile.html", context)


class PasswordChange(SuccessMessageMixin, views.PasswordChangeView):
    """修改密码; ends the sessions on other devices."""

    form_class = forms.OwnPasswordChangeForm
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:profile")
    success_message = "密码已修改，下次登录请使用新密码。其他设备上的登录已失效。"


class PasswordReset(views.PasswordResetView):
    """找回密码: the response is the same for known and unknown addresses."""

    form_class = forms.ResetForm
    template_name = "accounts/password_reset.html"
    subject_template_name = "accounts/password_reset_subject.txt"
    email_template_name = "accounts/password_reset_email.txt"
    extra_email_context = {
        "site_url": settings.SITE_URL,  # not the request's host, which the visitor can choose
        "product_name": settings.PRODUCT_NAME,
        "help_contact": settings.HELP_CONTACT,
        "days": settings.PASSWORD_RESET_TIMEOUT // DAY,
    }
    success_url = reverse_lazy("accounts:password_reset_done")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if RESETS.hit(request):
            typed = forms.ResetForm(initial=request.POST.dict())
            return RESETS.refuse(request, self.template_name, self.get_context_data(form=typed))
        return super().post(request, *args, **kwargs)


class PasswordResetSent(views.PasswordResetDoneView):
    template_name = "accounts/password_reset_sent.html"


class PasswordResetConfirm(SuccessMessageMixin, views.PasswordResetConfirmView):
    """The page to set a new password, from the link in the mail."""

    form_class = forms.ResetPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:login")
    success_message = "密码已重设，请用新密码登录。"

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        backends.forget_failures(form.user)
        return super().form_valid(form)
