"""Installed only where tests.chaos.settings are: the product knows nothing of it."""
