"""Pages of accounts beside allauth's."""

from django.urls import path

from accounts import views

urlpatterns = [path("become-staff/<str:token>/", views.become_staff, name="become_staff")]
