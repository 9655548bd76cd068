from django.urls import path

app_name = "hours"
urlpatterns = []
