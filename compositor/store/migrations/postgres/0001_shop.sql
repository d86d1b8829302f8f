-- The shop: money and stock in columns with rules, what changes seldom as documents.
CREATE TABLE book(one INTEGER PRIMARY KEY CHECK(one = 1), ver BIGINT NOT NULL);
INSERT INTO book VALUES(1, 0);
CREATE TABLE thing(kind TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, ver BIGINT NOT NULL, body TEXT,
  PRIMARY KEY(kind, id));
CREATE INDEX thing_ver ON thing(ver);

CREATE TABLE stock(sku TEXT COLLATE "C" NOT NULL, loc TEXT COLLATE "C" NOT NULL,
  on_hand BIGINT NOT NULL CHECK(on_hand >= 0), held BIGINT NOT NULL CHECK(held >= 0),
  allocated BIGINT NOT NULL CHECK(allocated >= 0), backorder BIGINT NOT NULL CHECK(backorder >= 0),
  ver BIGINT NOT NULL, PRIMARY KEY(sku, loc), CHECK(held + allocated <= on_hand + backorder)) WITH (fillfactor = 50);
CREATE TABLE ledger(seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at_ms BIGINT NOT NULL, sku TEXT NOT NULL,
  loc TEXT NOT NULL, why TEXT NOT NULL, ref TEXT NOT NULL, d_on_hand BIGINT NOT NULL, d_held BIGINT NOT NULL,
  d_allocated BIGINT NOT NULL, d_backorder BIGINT NOT NULL);
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'the ledger is append only'; END $$;
CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_append_only();

CREATE TABLE orders(id TEXT COLLATE "C" PRIMARY KEY, customer TEXT COLLATE "C" NOT NULL, channel TEXT NOT NULL,
  state TEXT NOT NULL, created_ms BIGINT NOT NULL, expires_ms BIGINT NOT NULL, body TEXT NOT NULL)
  WITH (fillfactor = 70);
CREATE INDEX orders_due ON orders(expires_ms) WHERE state IN ('cart', 'held', 'paying');
CREATE INDEX orders_customer ON orders(customer);
CREATE INDEX orders_created ON orders(created_ms);

CREATE TABLE waiting(ord TEXT COLLATE "C" PRIMARY KEY, sku TEXT COLLATE "C" NOT NULL, place BIGINT NOT NULL,
  body TEXT NOT NULL, UNIQUE(sku, place));
CREATE TABLE mark(space TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, value TEXT NOT NULL, at_ms BIGINT NOT NULL,
  PRIMARY KEY(space, id));
CREATE TABLE answer(key TEXT COLLATE "C" PRIMARY KEY, hash TEXT NOT NULL, at_ms BIGINT NOT NULL, body TEXT NOT NULL);
CREATE TABLE outbox(seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL, due_ms BIGINT NOT NULL, tries BIGINT NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'due' CHECK(state IN ('due', 'done', 'dead')), error TEXT);
CREATE INDEX outbox_due ON outbox(due_ms) WHERE state = 'due';
