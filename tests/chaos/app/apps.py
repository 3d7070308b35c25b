"""The app of the tests, which does its work as Django starts."""

from __future__ import annotations

from django.apps import AppConfig


class ChaosConfig(AppConfig):
    name = "tests.chaos.app"
    label = "chaos"

    def ready(self) -> None:
        # They need the product's models, which exist by now.
        from tests.chaos.app.arming import obey  # noqa: PLC0415

        obey()
