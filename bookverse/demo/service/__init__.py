"""One simulated service: takes deployments, works on them, reports back, and serves its part of the user journey."""
