"""Pages of accounts beside allauth's, and its sign-up, which is found here first."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("signup/", views.SignUpView.as_view(), name="account_signup"),
    path("become-staff/<str:token>/", views.become_staff, name="become_staff"),
]
