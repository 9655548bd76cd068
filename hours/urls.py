"""我的学时, in the order of the menu."""

from django.urls import path

from .views import attachments, lookup, registrations, submission

app_name = "hours"
urlpatterns = [
    # 学时登记
    path("", registrations.index, name="list"),
    path("new/", registrations.new, name="new"),
    path("proposal/", registrations.proposal, name="proposal"),
    path("delete/", registrations.delete, name="delete"),
    path("<int:pk>/", registrations.detail, name="detail"),
    path("<int:pk>/edit/", registrations.edit, name="edit"),
    # 批量提交审核
    path("submit/", submission.choose_unit, name="submit"),
    path("submit/confirm/", submission.confirm, name="submit_confirm"),
    # 学时查询
    path("lookup/", lookup.years, name="lookup"),
    path("lookup/registrations/", lookup.registrations, name="lookup_registrations"),
    # 附件
    path("attachments/<int:pk>/", attachments.serve, name="attachment"),
]
