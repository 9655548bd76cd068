"""我的学时, in the order of the menu."""

from django.urls import path

from hours.views.review import bulk, detail, export, queue

from .views import attachments, certificates, collective, lookup, notices, owner, registrations, statistics, submission

app_name = "hours"
urlpatterns = [
    # 学时登记
    path("", registrations.index, name="list"),
    path("new/", registrations.new, name="new"),
    path("proposal/", registrations.proposal, name="proposal"),
    path("delete/", registrations.delete, name="delete"),
    path("<int:pk>/", registrations.detail, name="detail"),
    path("<int:pk>/edit/", registrations.edit, name="edit"),
    path("<int:pk>/copy/", owner.copy, name="copy"),
    path("<int:pk>/ask-return/", owner.ask_return, name="ask_return"),
    # 批量提交审核
    path("submit/", submission.choose_unit, name="submit"),
    path("submit/confirm/", submission.confirm, name="submit_confirm"),
    # 学时查询
    path("lookup/", lookup.years, name="lookup"),
    path("lookup/registrations/", lookup.registrations, name="lookup_registrations"),
    # 通知
    path("notices/", notices.index, name="notices"),
    path("notices/read/", notices.read_all, name="notices_read"),
    path("notices/<int:pk>/", notices.open_notice, name="notice"),
    # 统计
    path("statistics/", statistics.index, name="statistics"),
    path("statistics/regions/<slug:code>/", statistics.region, name="statistics_region"),
    path("statistics/regions/<slug:code>/excel/", statistics.region_excel, name="statistics_region_excel"),
    path("statistics/units/<int:pk>/", statistics.unit, name="statistics_unit"),
    path("statistics/units/<int:pk>/outstanding/", statistics.outstanding, name="statistics_outstanding"),
    path("statistics/units/<int:pk>/excel/", statistics.unit_excel, name="statistics_unit_excel"),
    path("statistics/people/<int:pk>/", statistics.person, name="statistics_person"),
    # 学时证明
    path("certificates/", certificates.index, name="certificates"),
    path("certificates/unit/", certificates.unit, name="certificates_unit"),
    path("certificates/<int:pk>/", certificates.download, name="certificate"),
    # 集体登记
    path("collective/", collective.index, name="collective"),
    path("collective/edit/", collective.edit, name="collective_edit"),
    path("collective/people/", collective.people, name="collective_people"),
    path("collective/save/", collective.save, name="collective_save"),
    path("collective/bad-lines/", collective.bad_lines, name="collective_bad_lines"),
    path("collective/batches/", collective.batches, name="collective_batches"),
    path("collective/batches/<int:pk>/", collective.batch, name="collective_batch"),
    path("collective/template/", collective.template, name="collective_template"),
    # 学时审核
    path("review/", queue.index, name="review"),
    path("review/bulk/", bulk.bulk, name="review_bulk"),
    path("review/export/", export.export, name="review_export"),
    path("review/<int:pk>/", detail.detail, name="review_detail"),
    # 附件
    path("attachments/<int:pk>/", attachments.serve, name="attachment"),
]
