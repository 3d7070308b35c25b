"""Where the pages answer."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from releases.web.views import board, frame, plan, promotion, release, service

app_name = "web"
urlpatterns = [
    path("", board.show, name="board"),
    path("login/", frame.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("favicon.ico", frame.favicon),
    path("theme/", frame.choose_theme, name="theme"),
    path("plans/new", plan.new, name="plan_new"),
    path("plans/preview", plan.preview, name="plan_preview"),
    path("catalog/collect", plan.collect, name="collect"),
    path("catalog/collection", plan.collection, name="collection"),
    path("releases", release.index, name="release_list"),
    path("releases/create", plan.create, name="release_create"),
    path("releases/<str:version>", release.show, name="release"),
    path("releases/<str:version>/promote", promotion.promote, name="promote"),
    path("releases/<str:version>/pause", promotion.pause, name="pause"),
    path("releases/<str:version>/resume", promotion.resume, name="resume"),
    path("releases/<str:version>/cancel", promotion.cancel, name="cancel"),
    path("releases/<str:version>/steps/<slug:service>/retry", promotion.retry, name="step_retry"),
    path("releases/<str:version>/steps/<slug:service>/skip", promotion.skip, name="step_skip"),
    path("services/<slug:slug>", service.show, name="service"),
]
