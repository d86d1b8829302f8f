-- The shop: money and stock in columns with rules, what changes seldom as documents.
CREATE TABLE book(one INTEGER PRIMARY KEY CHECK(one = 1), ver INTEGER NOT NULL) STRICT;
INSERT INTO book VALUES(1, 0);
CREATE TABLE thing(kind TEXT NOT NULL, id TEXT NOT NULL, ver INTEGER NOT NULL, body TEXT,
  PRIMARY KEY(kind, id)) STRICT, WITHOUT ROWID;
CREATE INDEX thing_ver ON thing(ver);

CREATE TABLE stock(sku TEXT NOT NULL, loc TEXT NOT NULL,
  on_hand INTEGER NOT NULL CHECK(on_hand >= 0), held INTEGER NOT NULL CHECK(held >= 0),
  allocated INTEGER NOT NULL CHECK(allocated >= 0), backorder INTEGER NOT NULL CHECK(backorder >= 0),
  ver INTEGER NOT NULL, PRIMARY KEY(sku, loc), CHECK(held + allocated <= on_hand + backorder)) STRICT, WITHOUT ROWID;
CREATE TABLE ledger(seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, sku TEXT NOT NULL, loc TEXT NOT NULL,
  why TEXT NOT NULL, ref TEXT NOT NULL, d_on_hand INTEGER NOT NULL, d_held INTEGER NOT NULL,
  d_allocated INTEGER NOT NULL, d_backorder INTEGER NOT NULL) STRICT;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END;

CREATE TABLE orders(id TEXT PRIMARY KEY, customer TEXT NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL,
  created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX orders_due ON orders(expires_ms) WHERE state IN ('cart', 'held', 'paying');
CREATE INDEX orders_customer ON orders(customer);
CREATE INDEX orders_created ON orders(created_ms);

CREATE TABLE waiting(ord TEXT PRIMARY KEY, sku TEXT NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL,
  UNIQUE(sku, place)) STRICT, WITHOUT ROWID;
CREATE TABLE mark(space TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY(space, id)) STRICT, WITHOUT ROWID;
CREATE TABLE answer(key TEXT PRIMARY KEY, hash TEXT NOT NULL, at_ms INTEGER NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox(seq INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL, due_ms INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'due' CHECK(state IN ('due', 'done', 'dead')), error TEXT) STRICT;
CREATE INDEX outbox_due ON outbox(due_ms) WHERE state = 'due';
