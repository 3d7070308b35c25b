"""The Django project: the composition root, imported by nothing."""
