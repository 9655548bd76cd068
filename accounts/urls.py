from django.urls import path

from .views import appointments, people

app_name = "accounts"
urlpatterns = [
    path("signup/", people.signup, name="signup"),
    path("login/", people.Login.as_view(), name="login"),
    path("logout/", people.Logout.as_view(), name="logout"),
    path("profile/", people.profile, name="profile"),
    path("password/", people.PasswordChange.as_view(), name="password_change"),
    path("password/reset/", people.PasswordReset.as_view(), name="password_reset"),
    path("password/reset/sent/", people.PasswordResetSent.as_view(), name="password_reset_done"),
    path("password/reset/<uidb64>/<token>/", people.PasswordResetConfirm.as_view(), name="password_reset_confirm"),
    # 任职
    path("appointments/", appointments.index, name="appointments"),
    path("appointments/units/<int:pk>/new/", appointments.appoint, name="appoint"),
    path("appointments/<int:pk>/deputy/", appointments.deputise, name="deputise"),
    path("appointments/<int:pk>/end/", appointments.end, name="end_appointment"),
]
