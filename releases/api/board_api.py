"""The API as a whole: version 1, its documents, and the routers that make it up."""

from ninja import NinjaAPI

api = NinjaAPI(title="BookVerse Release Board", version="1")
