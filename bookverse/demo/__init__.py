"""The simulated BookVerse: five services, an AppTrust and a build system, each a real HTTP server."""
