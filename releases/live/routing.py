"""Where the sockets answer."""

from __future__ import annotations

from django.urls import path

from releases.live.consumers import BoardConsumer, DeparturesConsumer, ReleaseConsumer, TrainConsumer

websocket_urlpatterns = [
    path("ws/board/", BoardConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/releases/<int:release_id>/", ReleaseConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/trains/", DeparturesConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/trains/<slug:label>/", TrainConsumer.as_asgi()),  # type: ignore[arg-type]
]
