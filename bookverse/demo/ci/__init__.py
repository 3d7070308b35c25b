"""A build system that builds nothing, but takes orders and reports on them as a real one does."""
