"""Outbound HTTP: services, AppTrust, and the guard in front of both."""
