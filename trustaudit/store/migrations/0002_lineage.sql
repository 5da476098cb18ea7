-- Who is made from whom, as the newest audit of each repository saw it: a question about descent must not
-- open every snapshot. A repository that was only seen as somebody's ancestor has audited = 0.

CREATE TABLE descents (
  repo_key TEXT NOT NULL PRIMARY KEY,
  repo_id TEXT NOT NULL,
  commit_sha TEXT,
  seen_at TEXT NOT NULL,
  audited INTEGER NOT NULL
);

CREATE TABLE parents (
  child_key TEXT NOT NULL REFERENCES descents (repo_key),
  position INTEGER NOT NULL,
  parent_id TEXT NOT NULL,
  relation TEXT NOT NULL,
  declared_in TEXT NOT NULL,
  PRIMARY KEY (child_key, position)
);
