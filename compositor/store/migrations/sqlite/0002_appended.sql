-- A reserve writes at the end of every tree, so that a batch touches few pages.
-- Answers are appended: a long answer inside the index of its key costs a page of disk for each order.
CREATE TABLE answer_new(seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, at_ms INTEGER NOT NULL,
  body TEXT NOT NULL) STRICT;
INSERT INTO answer_new(key, hash, at_ms, body) SELECT key, hash, at_ms, body FROM answer;
DROP TABLE answer;
ALTER TABLE answer_new RENAME TO answer;
CREATE INDEX answer_at ON answer(at_ms);

-- Buyers come in no order. An order is filed under its buyer when it is paid; until then it stands among those that can
-- run out, which are few and searched by the buyer's name where a cap asks for it.
DROP INDEX orders_customer;
CREATE INDEX orders_customer ON orders(customer) WHERE state IN ('paid', 'captured', 'shipped', 'delivered');
DROP INDEX orders_due;
CREATE INDEX orders_due ON orders(expires_ms, customer) WHERE state IN ('cart', 'held', 'paying');
