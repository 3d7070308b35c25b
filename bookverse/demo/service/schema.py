"""The tables of one service."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deployments (
    key TEXT PRIMARY KEY,
    correlation_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    stage TEXT NOT NULL,
    service TEXT NOT NULL,
    from_version TEXT NOT NULL,
    to_version TEXT NOT NULL,
    platform_version TEXT NOT NULL,
    callback_url TEXT NOT NULL,
    callback_token TEXT NOT NULL,
    deadline TEXT NOT NULL,
    mode TEXT NOT NULL,
    failure_message TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    accepted_at REAL NOT NULL,
    steps_done INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    percent INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS callbacks (
    key TEXT NOT NULL REFERENCES deployments (key),
    sequence INTEGER NOT NULL,
    body TEXT NOT NULL,
    due_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (key, sequence)
);
CREATE INDEX IF NOT EXISTS callbacks_open ON callbacks (key, sequence) WHERE outcome = '';
CREATE TABLE IF NOT EXISTS effects (
    key TEXT PRIMARY KEY REFERENCES deployments (key),
    service TEXT NOT NULL,
    stage TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    version TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS traces (key TEXT PRIMARY KEY, traceparent TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS live (stage TEXT PRIMARY KEY, version TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stock (book_id TEXT PRIMARY KEY, available INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, key TEXT UNIQUE, request TEXT NOT NULL, body TEXT NOT NULL);
"""
