"""The stock admin: rules and the catalog to edit, everything that happened to look at."""

from django.contrib import admin

from releases.admin import catalog, compatibility, history, tokens

__all__ = ["catalog", "compatibility", "history", "tokens"]

admin.site.site_header = "BookVerse Release Board"
admin.site.site_title = "BookVerse Release Board"
admin.site.index_title = "Rules, catalog and history"
