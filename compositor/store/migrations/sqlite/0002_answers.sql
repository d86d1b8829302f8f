-- Answers are appended: a long answer inside the index of its key costs a page of disk for each order.
CREATE TABLE answer_new(seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, at_ms INTEGER NOT NULL,
  body TEXT NOT NULL) STRICT;
INSERT INTO answer_new(key, hash, at_ms, body) SELECT key, hash, at_ms, body FROM answer;
DROP TABLE answer;
ALTER TABLE answer_new RENAME TO answer;
CREATE INDEX answer_at ON answer(at_ms);
