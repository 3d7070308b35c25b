"""The stock admin: rules and the catalog to edit, everything that happened to look at."""

from django.contrib import admin

from releases.admin import (
    catalog,
    channels,
    compatibility,
    contracts,
    gates,
    groups,
    history,
    hotfixes,
    inboxes,
    others,
    tokens,
    trains,
    validation,
)

__all__ = [
    "catalog",
    "channels",
    "compatibility",
    "contracts",
    "gates",
    "groups",
    "history",
    "hotfixes",
    "inboxes",
    "others",
    "tokens",
    "trains",
    "validation",
]

admin.site.site_header = "BookVerse Release Board"
admin.site.site_title = "BookVerse Release Board"
admin.site.index_title = "Rules, catalog and history"
