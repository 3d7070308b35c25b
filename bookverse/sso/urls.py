"""The routes of single sign-on; of allauth's own none exists."""

from __future__ import annotations

from django.urls import path

from bookverse.sso import views

app_name = "sso"
urlpatterns = [
    path("start", views.start, name="start"),
    path("callback", views.callback, name="callback"),
]
