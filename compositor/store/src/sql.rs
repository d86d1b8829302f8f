//! Every statement, side by side for both databases. One text parameter in (JSON), one text column out (JSON): a
//! batch is one statement, however many rows.

/// A statement in both dialects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql {
    pub(crate) name: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// A statement that adds rows. SQLite binds each cell, which costs a fraction of reading JSON there; PostgreSQL takes
/// all rows as one JSON array of arrays (`jsonb`, which is read once and not anew for each cell).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inserts {
    pub(crate) name: &'static str,
    pub(crate) columns: usize,
    /// Table and columns. `OR ROLLBACK`: a batch whose rows clash is given up as a whole, so that SQLite need not
    /// be able to undo the one statement, which would cost it a second copy of each page.
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

const fn sql(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Sql {
    Sql { name, sqlite, postgres }
}

pub(crate) const BEGIN: Sql = sql("begin", "BEGIN IMMEDIATE", "BEGIN");
pub(crate) const COMMIT: Sql = sql("commit", "COMMIT", "COMMIT");
pub(crate) const ROLLBACK: Sql = sql("rollback", "ROLLBACK", "ROLLBACK");

pub(crate) const BOOK_SHARED: Sql =
    sql("book", "SELECT CAST(ver AS TEXT) FROM book", "SELECT ver::text FROM book FOR SHARE");
pub(crate) const BOOK_LOCKED: Sql =
    sql("book locked", "SELECT CAST(ver AS TEXT) FROM book", "SELECT ver::text FROM book FOR UPDATE");
pub(crate) const BOOK_NEXT: Sql =
    sql("book next", "UPDATE book SET ver = CAST(?1 AS INTEGER)", "UPDATE book SET ver = $1::bigint");
pub(crate) const THINGS_SINCE: Sql = sql(
    "things",
    "SELECT json_array(kind, id, body) FROM thing WHERE ver > CAST(?1 AS INTEGER) ORDER BY ver, kind, id",
    "SELECT json_build_array(kind, id, body)::text FROM thing WHERE ver > $1::bigint ORDER BY ver, kind, id",
);
pub(crate) const PUT_THINGS: Sql = sql(
    "put things",
    "INSERT INTO thing(kind, id, ver, body) SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1) WHERE true
     ON CONFLICT(kind, id) DO UPDATE SET ver = excluded.ver, body = excluded.body",
    "INSERT INTO thing(kind, id, ver, body) SELECT x->>0, x->>1, (x->>2)::bigint, x->>3 FROM json_array_elements($1::json) x
     ON CONFLICT(kind, id) DO UPDATE SET ver = excluded.ver, body = excluded.body",
);

pub(crate) const ANSWERS: Sql = sql(
    "answers",
    "SELECT json_array(key, hash, body) FROM answer WHERE key IN (SELECT value FROM json_each(?1))",
    "SELECT json_build_array(key, hash, body)::text FROM answer
     WHERE key = ANY(ARRAY(SELECT json_array_elements_text($1::json)))",
);
pub(crate) const PUT_ANSWERS: Inserts = Inserts {
    name: "put answers",
    columns: 4,
    sqlite: "INSERT OR ROLLBACK INTO answer(key, hash, at_ms, body)",
    postgres: "INSERT INTO answer(key, hash, at_ms, body) SELECT x->>0, x->>1, (x->>2)::bigint, x->>3
     FROM jsonb_array_elements($1::jsonb) x ORDER BY 1",
};

pub(crate) const ORDERS: Sql = sql(
    "orders",
    "SELECT body FROM orders WHERE id IN (SELECT value FROM json_each(?1))",
    "SELECT body FROM orders WHERE id = ANY(ARRAY(SELECT json_array_elements_text($1::json))) ORDER BY id FOR UPDATE",
);
pub(crate) const ORDER: Sql =
    sql("order", "SELECT body FROM orders WHERE id = ?1", "SELECT body FROM orders WHERE id = $1");
pub(crate) const ORDER_OF_PAYMENT: Sql = sql(
    "order of payment",
    "SELECT o.body FROM mark m JOIN orders o ON o.id = m.value WHERE m.space = 'payment' AND m.id = ?1",
    "SELECT o.body FROM mark m JOIN orders o ON o.id = m.value WHERE m.space = 'payment' AND m.id = $1",
);
pub(crate) const ORDERS_DUE: Sql = sql(
    "orders due",
    "SELECT body FROM orders WHERE state IN ('cart', 'held', 'paying') AND expires_ms <= (?1->>0)
     ORDER BY expires_ms LIMIT (?1->>1)",
    "SELECT body FROM orders WHERE state IN ('cart', 'held', 'paying') AND expires_ms <= ($1::json->>0)::bigint
     ORDER BY expires_ms LIMIT ($1::json->>1)::bigint FOR UPDATE SKIP LOCKED",
);
pub(crate) const ORDERS_OF: Sql = sql(
    "orders of customers",
    "SELECT body FROM orders INDEXED BY orders_customer WHERE customer IN (SELECT value FROM json_each(?1))
     AND state IN ('paid', 'captured', 'shipped', 'delivered')
     UNION ALL SELECT body FROM orders INDEXED BY orders_due WHERE state IN ('cart', 'held', 'paying')
     AND state <> 'cart' AND +customer IN (SELECT value FROM json_each(?1))",
    "SELECT body FROM orders WHERE customer = ANY(ARRAY(SELECT json_array_elements_text($1::json)))
     AND state IN ('held', 'paying', 'paid', 'captured', 'shipped', 'delivered')",
);
pub(crate) const NEW_ORDERS: Inserts = Inserts {
    name: "new orders",
    columns: 7,
    sqlite: "INSERT OR ROLLBACK INTO orders(id, customer, channel, state, created_ms, expires_ms, body)",
    postgres: "INSERT INTO orders(id, customer, channel, state, created_ms, expires_ms, body)
     SELECT x->>0, x->>1, x->>2, x->>3, (x->>4)::bigint, (x->>5)::bigint, x->>6
     FROM jsonb_array_elements($1::jsonb) x ORDER BY 1",
};
pub(crate) const CHANGED_ORDERS: Sql = sql(
    "changed orders",
    "UPDATE orders SET state = n.value->>'state', expires_ms = n.value->>'expires_ms', body = n.value
     FROM json_each(?1) n WHERE orders.id = n.value->>'id'",
    "UPDATE orders SET state = n->>'state', expires_ms = (n->>'expires_ms')::bigint, body = n::text
     FROM json_array_elements($1::json) n WHERE orders.id = n->>'id'",
);

pub(crate) const STOCK: Sql = sql(
    "stock",
    "SELECT json_array(sku, loc, on_hand, held, allocated, backorder, ver) FROM stock
     WHERE sku IN (SELECT value FROM json_each(?1))",
    "SELECT json_build_array(sku, loc, on_hand, held, allocated, backorder, ver)::text FROM stock
     WHERE sku = ANY(ARRAY(SELECT json_array_elements_text($1::json))) ORDER BY sku, loc FOR UPDATE",
);
pub(crate) const ALL_STOCK: Sql = sql(
    "all stock",
    "SELECT json_array(sku, loc, on_hand, held, allocated, backorder, ver) FROM stock",
    "SELECT json_build_array(sku, loc, on_hand, held, allocated, backorder, ver)::text FROM stock",
);
pub(crate) const NEW_STOCK: Sql = sql(
    "new stock",
    "INSERT INTO stock(sku, loc, on_hand, held, allocated, backorder, ver)
     SELECT value->>0, value->>1, value->>3, value->>4, value->>5, value->>6, value->>7 FROM json_each(?1) WHERE true
     ON CONFLICT DO NOTHING",
    "INSERT INTO stock(sku, loc, on_hand, held, allocated, backorder, ver)
     SELECT x->>0, x->>1, (x->>3)::bigint, (x->>4)::bigint, (x->>5)::bigint, (x->>6)::bigint, (x->>7)::bigint
     FROM json_array_elements($1::json) x ORDER BY 1, 2 ON CONFLICT DO NOTHING",
);
pub(crate) const CHANGED_STOCK: Sql = sql(
    "changed stock",
    "UPDATE stock SET on_hand = n.value->>3, held = n.value->>4, allocated = n.value->>5, backorder = n.value->>6,
     ver = n.value->>7 FROM json_each(?1) n
     WHERE stock.sku = n.value->>0 AND stock.loc = n.value->>1 AND stock.ver = n.value->>2",
    "UPDATE stock SET on_hand = (n->>3)::bigint, held = (n->>4)::bigint, allocated = (n->>5)::bigint,
     backorder = (n->>6)::bigint, ver = (n->>7)::bigint FROM json_array_elements($1::json) n
     WHERE stock.sku = n->>0 AND stock.loc = n->>1 AND stock.ver = (n->>2)::bigint",
);
pub(crate) const LEDGER: Inserts = Inserts {
    name: "ledger",
    columns: 9,
    sqlite: "INSERT OR ROLLBACK INTO ledger(at_ms, sku, loc, why, ref, d_on_hand, d_held, d_allocated, d_backorder)",
    postgres: "INSERT INTO ledger(at_ms, sku, loc, why, ref, d_on_hand, d_held, d_allocated, d_backorder)
     SELECT (x->>0)::bigint, x->>1, x->>2, x->>3, x->>4, (x->>5)::bigint, (x->>6)::bigint, (x->>7)::bigint,
     (x->>8)::bigint FROM jsonb_array_elements($1::jsonb) x",
};

pub(crate) const WAITS: Sql = sql(
    "waits",
    "SELECT json_array(s.value, (SELECT max(place) FROM waiting WHERE sku = s.value),
     json((SELECT json_group_array(json(w.body)) FROM
       (SELECT body FROM waiting WHERE sku = s.value ORDER BY place LIMIT 65) w)))
     FROM json_each(?1) s",
    "SELECT json_build_array(s.sku, (SELECT max(place) FROM waiting WHERE sku = s.sku),
     (SELECT json_agg(w.body::json) FROM (SELECT body FROM waiting WHERE sku = s.sku ORDER BY place LIMIT 65) w))::text
     FROM json_array_elements_text($1::json) s(sku)",
);
pub(crate) const WAITS_BY_ORDER: Sql = sql(
    "waits by order",
    "SELECT body FROM waiting WHERE ord IN (SELECT value FROM json_each(?1))",
    "SELECT body FROM waiting WHERE ord = ANY(ARRAY(SELECT json_array_elements_text($1::json)))",
);
pub(crate) const JOIN_LINE: Sql = sql(
    "join line",
    "INSERT INTO waiting(ord, sku, place, body) SELECT value->>'order', value->>'sku', value->>'place', value FROM json_each(?1)",
    "INSERT INTO waiting(ord, sku, place, body) SELECT w->>'order', w->>'sku', (w->>'place')::bigint, w::text
     FROM json_array_elements($1::json) w",
);
pub(crate) const LEAVE_LINE: Sql = sql(
    "leave line",
    "DELETE FROM waiting WHERE ord IN (SELECT value FROM json_each(?1))",
    "DELETE FROM waiting WHERE ord = ANY(ARRAY(SELECT json_array_elements_text($1::json)))",
);

pub(crate) const MARKS: Sql = sql(
    "marks",
    "SELECT json_array(m.space, m.id, m.value) FROM json_each(?1) k CROSS JOIN mark m
     ON m.space = k.value->>0 AND m.id = k.value->>1",
    "SELECT json_build_array(m.space, m.id, m.value)::text FROM json_array_elements($1::json) k
     JOIN mark m ON m.space = k->>0 AND m.id = k->>1",
);
pub(crate) const SPACES: Sql = sql(
    "spaces",
    "SELECT json_array(space, id, value) FROM mark WHERE space IN (SELECT value FROM json_each(?1))",
    "SELECT json_build_array(space, id, value)::text FROM mark
     WHERE space = ANY(ARRAY(SELECT json_array_elements_text($1::json)))",
);
pub(crate) const ENTRIES: Sql = sql(
    "entries",
    "SELECT id FROM mark WHERE space = 'giveaway/' || ?1 ORDER BY id",
    "SELECT id FROM mark WHERE space = 'giveaway/' || $1 ORDER BY id",
);
pub(crate) const PUT_MARKS: Sql = sql(
    "put marks",
    "INSERT INTO mark(space, id, value, at_ms) SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1)",
    "INSERT INTO mark(space, id, value, at_ms) SELECT x->>0, x->>1, x->>2, (x->>3)::bigint
     FROM json_array_elements($1::json) x ORDER BY 1, 2",
);
pub(crate) const DROP_MARKS: Sql = sql(
    "drop marks",
    "DELETE FROM mark WHERE (space, id) IN (SELECT value->>0, value->>1 FROM json_each(?1))",
    "DELETE FROM mark WHERE (space, id) IN (SELECT x->>0, x->>1 FROM json_array_elements($1::json) x)",
);

pub(crate) const PUT_ERRANDS: Sql = sql(
    "put errands",
    "INSERT INTO outbox(topic, key, body, due_ms) SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1)
     WHERE true ON CONFLICT(key) DO NOTHING",
    "INSERT INTO outbox(topic, key, body, due_ms) SELECT x->>0, x->>1, x->>2, (x->>3)::bigint
     FROM json_array_elements($1::json) x ON CONFLICT(key) DO NOTHING",
);
pub(crate) const TAKE_ERRANDS: Sql = sql(
    "take errands",
    "UPDATE outbox SET due_ms = (?1->>'until') WHERE seq IN (SELECT seq FROM outbox WHERE state = 'due'
     AND due_ms <= (?1->>'now') AND topic IN (SELECT value FROM json_each(?1, '$.topics')) ORDER BY seq LIMIT (?1->>'limit'))
     RETURNING json_array(seq, topic, key, body, due_ms, tries, state, error)",
    "UPDATE outbox SET due_ms = ($1::json->>'until')::bigint WHERE seq IN (SELECT seq FROM outbox WHERE state = 'due'
     AND due_ms <= ($1::json->>'now')::bigint AND topic IN (SELECT json_array_elements_text($1::json->'topics'))
     ORDER BY seq LIMIT ($1::json->>'limit')::bigint FOR UPDATE SKIP LOCKED)
     RETURNING json_build_array(seq, topic, key, body, due_ms, tries, state, error)::text",
);
/// Rows of number, state, error, now, longest and first delay.
pub(crate) const SETTLE_ERRANDS: Sql = sql(
    "settle errands",
    "UPDATE outbox SET state = n.value->>1, tries = tries + 1, error = n.value->>2,
     due_ms = (n.value->>3) + min(n.value->>4, (n.value->>5) << min(tries, 20))
     FROM json_each(?1) n WHERE outbox.seq = n.value->>0 AND outbox.state = 'due'",
    "UPDATE outbox SET state = n->>1, tries = tries + 1, error = n->>2, due_ms = (n->>3)::bigint
       + least((n->>4)::bigint, (n->>5)::bigint << least(tries, 20)::int)
     FROM json_array_elements($1::json) n WHERE outbox.seq = (n->>0)::bigint AND outbox.state = 'due'",
);
pub(crate) const BURY_ERRANDS: Sql = sql(
    "bury errands",
    "UPDATE outbox SET state = 'dead' WHERE state = 'due' AND tries >= CAST(?1 AS INTEGER)",
    "UPDATE outbox SET state = 'dead' WHERE state = 'due' AND tries >= $1::bigint",
);
pub(crate) const REVIVE_ERRAND: Sql = sql(
    "revive errand",
    "UPDATE outbox SET state = 'due', tries = 0, due_ms = 0 WHERE seq = CAST(?1 AS INTEGER) AND state = 'dead'",
    "UPDATE outbox SET state = 'due', tries = 0, due_ms = 0 WHERE seq = $1::bigint AND state = 'dead'",
);
pub(crate) const DEAD_ERRANDS: Sql = sql(
    "dead errands",
    "SELECT json_array(seq, topic, key, body, due_ms, tries, state, error) FROM outbox WHERE state = 'dead'
     ORDER BY seq DESC LIMIT CAST(?1 AS INTEGER)",
    "SELECT json_build_array(seq, topic, key, body, due_ms, tries, state, error)::text FROM outbox WHERE state = 'dead'
     ORDER BY seq DESC LIMIT $1::bigint",
);

pub(crate) const NOTIFY: Sql = sql("notify", "SELECT ''", "SELECT pg_notify('vitrine_shop', $1)::text");

pub(crate) const FIND_ORDERS: Sql = sql(
    "find orders",
    "SELECT body FROM orders WHERE (?1->>'state' IS NULL OR state = ?1->>'state')
     AND (?1->>'customer' IS NULL OR customer = ?1->>'customer') AND (?1->>'channel' IS NULL OR channel = ?1->>'channel')
     AND (?1->>'before_ms' IS NULL OR created_ms < (?1->>'before_ms')) ORDER BY created_ms DESC, id LIMIT (?1->>'limit')",
    "SELECT body FROM orders WHERE ($1::json->>'state' IS NULL OR state = $1::json->>'state')
     AND ($1::json->>'customer' IS NULL OR customer = $1::json->>'customer')
     AND ($1::json->>'channel' IS NULL OR channel = $1::json->>'channel')
     AND ($1::json->>'before_ms' IS NULL OR created_ms < ($1::json->>'before_ms')::bigint)
     ORDER BY created_ms DESC, id LIMIT ($1::json->>'limit')::bigint",
);
pub(crate) const ORDERS_AFTER: Sql = sql(
    "orders after",
    "SELECT body FROM orders WHERE id > ?1 ORDER BY id LIMIT 1000",
    "SELECT body FROM orders WHERE id > $1 ORDER BY id LIMIT 1000",
);
pub(crate) const LEDGER_SUMS: Sql = sql(
    "ledger sums",
    "SELECT json_array(sku, loc, sum(d_on_hand), sum(d_held), sum(d_allocated), sum(d_backorder), count(*))
     FROM ledger GROUP BY sku, loc",
    "SELECT json_build_array(sku, loc, sum(d_on_hand), sum(d_held), sum(d_allocated), sum(d_backorder), count(*))::text
     FROM ledger GROUP BY sku, loc",
);
pub(crate) const LEDGER_AFTER: Sql = sql(
    "ledger after",
    "SELECT json_array(seq, at_ms, sku, loc, why, ref, d_on_hand, d_held, d_allocated, d_backorder) FROM ledger
     WHERE seq > CAST(?1 AS INTEGER) ORDER BY seq LIMIT 1000",
    "SELECT json_build_array(seq, at_ms, sku, loc, why, ref, d_on_hand, d_held, d_allocated, d_backorder)::text FROM ledger
     WHERE seq > $1::bigint ORDER BY seq LIMIT 1000",
);
pub(crate) const INTEGRITY: Sql = sql("integrity", "PRAGMA integrity_check", "SELECT 'ok'");
pub(crate) const SNAPSHOT: Sql = sql("snapshot", "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

/// Deletes what is old: answers, webhook ids, finished errands.
pub(crate) const CLEAN: [Sql; 3] = [
    sql(
        "clean answers",
        // Answers stand in the order of their time: those before the first that is young are all old.
        "DELETE FROM answer WHERE seq < coalesce((SELECT seq FROM answer WHERE at_ms >= (?1->>0) ORDER BY seq LIMIT 1),
         (SELECT max(seq) + 1 FROM answer))",
        "DELETE FROM answer WHERE at_ms < ($1::json->>0)::bigint",
    ),
    sql(
        "clean webhook ids",
        "DELETE FROM mark WHERE space >= 'webhook/' AND space < 'webhook0' AND at_ms < (?1->>1)",
        "DELETE FROM mark WHERE space >= 'webhook/' AND space < 'webhook0' AND at_ms < ($1::json->>1)::bigint",
    ),
    sql(
        "clean errands",
        "DELETE FROM outbox WHERE state = 'done' AND due_ms < (?1->>2)",
        "DELETE FROM outbox WHERE state = 'done' AND due_ms < ($1::json->>2)::bigint",
    ),
];

/// What PostgreSQL gets in scripts, by name: everything with a parameter that a batch may ask.
pub(crate) fn scripted() -> impl Iterator<Item = (&'static str, &'static str)> {
    let inserts = [NEW_ORDERS, LEDGER, PUT_ANSWERS].map(|into| (into.name, into.postgres));
    let asks = [
        ORDERS_DUE,
        ORDERS,
        WAITS_BY_ORDER,
        STOCK,
        WAITS,
        ORDERS_OF,
        MARKS,
        SPACES,
        ANSWERS,
        CHANGED_ORDERS,
        CHANGED_STOCK,
        NEW_STOCK,
        JOIN_LINE,
        LEAVE_LINE,
        PUT_MARKS,
        DROP_MARKS,
        PUT_ERRANDS,
        PUT_THINGS,
        BOOK_NEXT,
        NOTIFY,
        SETTLE_ERRANDS,
        BURY_ERRANDS,
        REVIVE_ERRAND,
        TAKE_ERRANDS,
    ];
    inserts.into_iter().chain(asks.map(|ask| (ask.name, ask.postgres)))
}
