"""Sign-up, log-in, password and profile."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts import backends, forms
from accounts import profile as own
from accounts.models import User
from config.web.limits import Limit

WELCOME = "注册成功，欢迎您，{name}。接下来请点击【新登记培训】登记您的第一条学时。"
BACKEND = "accounts.backends.AnyIdentifierBackend"
DAY = 24 * 60 * 60
# Both answer strangers: whether a number is registered already, and with a mail.
SIGN_UPS = Limit("SIGN_UPS_IN_TEN_MINUTES", minutes=10)
RESETS = Limit("PASSWORD_RESETS_IN_TEN_MINUTES", minutes=10)


@login_not_required
@sensitive_post_parameters()
def signup(request: HttpRequest) -> HttpResponse:
    """注册: who signs up is logged in at once and lands where the manual begins."""
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

    def post(self, request, *args, **kwargs):
        if backends.FAILURES.is_exhausted(request):
            typed = self.form_class(request, initial=request.POST.dict())
            return backends.FAILURES.refuse(request, self.template_name, self.get_context_data(form=typed))
        return super().post(request, *args, **kwargs)


@method_decorator(login_not_required, name="dispatch")
class Logout(views.LogoutView):
    """退出, by POST only; also when the session has ended already."""

    http_method_names = ["post", "options"]

    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        messages.success(request, "您已安全退出。")
        return response


@sensitive_post_parameters()
def profile(request: HttpRequest) -> HttpResponse:
    """个人资料: what is known about the person, and what they may change themselves."""
    # Not request.user itself: a refused form leaves what was typed on its instance, and the frame shows that person.
    person = get_object_or_404(User.objects.select_related("unit"), pk=request.user.pk)
    form = forms.ProfileForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid() and form.save_unless_taken():
        messages.success(request, "个人资料已保存。")
        return redirect("accounts:profile")
    context = {"form": form, "facts": own.facts(person), "appointments": own.appointments(person)}
    return render(request, "accounts/profile.html", context)


class PasswordChange(SuccessMessageMixin, views.PasswordChangeView):
    """修改密码; other devices are logged out by it."""

    form_class = forms.OwnPasswordChangeForm
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:profile")
    success_message = "密码已修改，下次登录请使用新密码。其他设备上的登录已失效。"


class PasswordReset(views.PasswordResetView):
    """找回密码: the answer is the same whether or not the address is known."""

    form_class = forms.ResetForm
    template_name = "accounts/password_reset.html"
    subject_template_name = "accounts/password_reset_subject.txt"
    email_template_name = "accounts/password_reset_email.txt"
    extra_email_context = {
        "site_url": settings.SITE_URL,  # not the request's host, which who asks may choose
        "product_name": settings.PRODUCT_NAME,
        "help_contact": settings.HELP_CONTACT,
        "days": settings.PASSWORD_RESET_TIMEOUT // DAY,
    }
    success_url = reverse_lazy("accounts:password_reset_done")

    def post(self, request, *args, **kwargs):
        if RESETS.hit(request):
            typed = forms.ResetForm(initial=request.POST.dict())
            return RESETS.refuse(request, self.template_name, self.get_context_data(form=typed))
        return super().post(request, *args, **kwargs)


class PasswordResetSent(views.PasswordResetDoneView):
    template_name = "accounts/password_reset_sent.html"


class PasswordResetConfirm(SuccessMessageMixin, views.PasswordResetConfirmView):
    """The page behind the link in the mail."""

    form_class = forms.ResetPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:login")
    success_message = "密码已重设，请用新密码登录。"

    def form_valid(self, form):
        backends.forget_failures(self.user)
        return super().form_valid(form)
