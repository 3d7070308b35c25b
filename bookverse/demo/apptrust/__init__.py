"""A simulated AppTrust: the calls that the release board makes, with the answers that the real one documents."""
