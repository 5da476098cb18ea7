-- Runs that several processes work on: what is to be done, who is at it, what came of it, and how much of the
-- Hub's quota is left for all of them. docs/engines.md tells the story.
--
-- Columns of DOUBLE PRECISION are seconds since 1970 by the clock of the database, never of a worker.

CREATE TABLE work_runs (
  run_id TEXT NOT NULL PRIMARY KEY REFERENCES runs (id),
  endpoint TEXT NOT NULL,
  list_digest TEXT NOT NULL,
  items INTEGER NOT NULL,
  finished_at TEXT
);

CREATE INDEX work_runs_by_list ON work_runs (list_digest, endpoint);

CREATE TABLE work_policies (
  digest TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
);

CREATE TABLE work_items (
  run_id TEXT NOT NULL REFERENCES work_runs (run_id),
  position INTEGER NOT NULL,
  item_key TEXT NOT NULL,
  requested TEXT NOT NULL,
  owner TEXT NOT NULL,
  place TEXT NOT NULL,
  policy_digest TEXT NOT NULL REFERENCES work_policies (digest),
  own_policy INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  lease TEXT,
  expires_at DOUBLE PRECISION,
  trouble TEXT NOT NULL,
  PRIMARY KEY (run_id, position)
);

CREATE INDEX work_items_by_state ON work_items (run_id, state, attempts, position);

CREATE INDEX work_items_by_owner ON work_items (run_id, owner, state, attempts, position);

-- The key is what was asked for, not what the answer called itself: two names of one repository are two results.
CREATE TABLE results (
  run_id TEXT NOT NULL,
  repo_type TEXT NOT NULL,
  repo_key TEXT NOT NULL,
  revision TEXT NOT NULL,
  commit_sha TEXT NOT NULL,
  ruleset TEXT NOT NULL,
  policy_digest TEXT NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  verdict TEXT NOT NULL,
  score INTEGER,
  worst TEXT NOT NULL,
  api_requests INTEGER NOT NULL,
  file_requests INTEGER NOT NULL,
  trouble TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  report_id TEXT REFERENCES reports (id),
  body BYTEA,
  PRIMARY KEY (run_id, repo_type, repo_key, revision, commit_sha, ruleset, policy_digest),
  FOREIGN KEY (run_id, position) REFERENCES work_items (run_id, position)
);

CREATE UNIQUE INDEX results_once ON results (run_id, position);

-- The processes that one command called in; it asks them to stop here.
CREATE TABLE crews (
  id TEXT NOT NULL PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES work_runs (run_id),
  stopped INTEGER NOT NULL
);

-- One window of the Hub's quota per caller and kind of request. Permits of an epoch are void when the next begins.
CREATE TABLE hub_quota (
  endpoint TEXT NOT NULL,
  caller TEXT NOT NULL,
  bucket TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  quota INTEGER,
  seconds INTEGER,
  remaining INTEGER,
  outstanding INTEGER NOT NULL,
  ends_at DOUBLE PRECISION,
  asked_at DOUBLE PRECISION,
  PRIMARY KEY (endpoint, caller, bucket)
);
