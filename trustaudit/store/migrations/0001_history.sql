-- Every audit: what was seen, what was concluded, and in which run.
--
-- SQLite and PostgreSQL both take this as it is: keys and times are text (times in UTC, ISO 8601 of one
-- width, so that they sort), bodies are zlib over JSON. SQLite knows no BYTEA and keeps bytes as they come.

CREATE TABLE runs (
  id TEXT NOT NULL PRIMARY KEY,
  command TEXT NOT NULL,
  started_at TEXT NOT NULL,
  tool TEXT NOT NULL,
  ruleset TEXT NOT NULL
);

CREATE TABLE snapshots (
  id TEXT NOT NULL PRIMARY KEY,
  collected_at TEXT NOT NULL,
  body BYTEA NOT NULL
);

CREATE TABLE reports (
  id TEXT NOT NULL PRIMARY KEY,
  snapshot_id TEXT NOT NULL REFERENCES snapshots (id),
  repo_type TEXT NOT NULL,
  repo_key TEXT NOT NULL,
  repo_id TEXT NOT NULL,
  revision TEXT NOT NULL,
  commit_sha TEXT,
  verdict TEXT NOT NULL,
  score INTEGER,
  worst TEXT NOT NULL,
  policy TEXT NOT NULL,
  policy_digest TEXT NOT NULL,
  ruleset TEXT NOT NULL,
  audited_at TEXT NOT NULL,
  body BYTEA NOT NULL
);

CREATE INDEX reports_by_repo ON reports (repo_type, repo_key, audited_at);

CREATE TABLE run_items (
  run_id TEXT NOT NULL REFERENCES runs (id),
  position INTEGER NOT NULL,
  requested TEXT NOT NULL,
  report_id TEXT NOT NULL REFERENCES reports (id),
  PRIMARY KEY (run_id, position)
);
