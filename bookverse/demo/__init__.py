"""The simulated BookVerse: five services and an AppTrust, each a real HTTP server, none of them knowing Django."""
