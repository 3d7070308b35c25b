"""What the page of metrics asks of ``releases.display``."""

from __future__ import annotations

from django import template

from releases.display.metrics import objective_line, tiles

register = template.Library()
register.filter("tiles", tiles)
register.filter("objective", objective_line)
