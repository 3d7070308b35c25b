"""Django's check, which also says what was judged."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import check

from bookverse.configuration import checked_list


class Command(check.Command):
    """Ends with the list of what production must be told, whatever came of it."""

    def handle(self, *labels: Any, **options: Any) -> None:
        """Check as Django does, with the list before its verdict."""
        for line in checked_list():
            self.stdout.write(line)
        super().handle(*labels, **options)
