//! A connection to either database, reduced to what the store needs: JSON in, JSON rows out.

mod script;

use crate::StoreError;
use crate::limits::{LOCK_WAIT, LOG_PAGES_MAX, READERS, ROWS_READ_AHEAD};
use crate::sql::{Inserts, Sql};
use futures_util::{Stream, TryStreamExt};
use serde::{Serialize, Serializer};
use sqlx::Either;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgQueryResult};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteQueryResult, SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

/// Awaited before each statement with its name: how tests step two writers through every interleaving.
pub type Gate = Arc<dyn Fn(&'static str) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Where a store lives.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

impl Place {
    /// Reads `postgres://…`, `sqlite:PATH`, or a path.
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url)?.application_name("vitrine");
            return Ok(Self::Postgres(options.log_statements(tracing::log::LevelFilter::Off)));
        }
        let path = url.strip_prefix("sqlite:").unwrap_or(url);
        if path.is_empty() || path.contains("://") {
            // What is before the colon names the kind; what is after may hold a password.
            return Err(StoreError::Url(url.split(':').next().unwrap_or("").to_owned()));
        }
        let options = SqliteConnectOptions::new()
            .filename(path.trim_start_matches("//"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // Rows are appended, and the log takes two writes a page: fewer and larger pages cost less.
            .page_size(8192)
            .busy_timeout(LOCK_WAIT)
            .row_buffer_size(ROWS_READ_AHEAD)
            .pragma("cache_size", "-65536")
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", LOG_PAGES_MAX.to_string())
            .thread_name(|id| format!("store-sql-{id}"));
        Ok(Self::Sqlite(options.log_statements(tracing::log::LevelFilter::Off)))
    }

    /// Brings the tables up to date.
    pub(crate) async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(options) => {
                let mut conn = options.clone().connect().await?;
                sqlx::migrate!("./migrations/sqlite").run(&mut conn).await?;
                conn.close().await?;
            }
            Self::Postgres(options) => {
                let mut conn = options.clone().connect().await?;
                sqlx::migrate!("./migrations/postgres").run(&mut conn).await?;
                conn.close().await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn connect(&self) -> Result<Conn, StoreError> {
        Ok(match self {
            Self::Sqlite(options) => Conn::Sqlite(options.connect().await?),
            Self::Postgres(options) => {
                let mut conn = options.connect().await?;
                script::prepare(&mut conn).await?;
                Conn::Postgres(conn)
            }
        })
    }

    /// Whether it pays to wait for a fuller batch: on PostgreSQL most of a batch's time is the same for one and for many.
    pub(crate) const fn gathers(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Connections for reading; they never block the writer.
    pub(crate) fn readers(&self) -> Readers {
        match self {
            Self::Sqlite(options) => {
                Readers::Sqlite(SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options.clone()))
            }
            Self::Postgres(options) => {
                Readers::Postgres(PgPoolOptions::new().max_connections(READERS).connect_lazy_with(options.clone()))
            }
        }
    }
}

/// One connection.
pub(crate) enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Conn {
    /// Runs a query; each row is its one text column.
    pub(crate) async fn rows(&mut self, sql: Sql, arg: Option<String>) -> Result<Vec<String>, StoreError> {
        Ok(self.one(Ask { sql, arg }).await?.rows)
    }

    /// Carries out statements in their order and gives what each said. All go in one message: to PostgreSQL the way
    /// costs, to SQLite's thread the waiting for a processor that others use.
    pub(crate) async fn all(&mut self, asks: Vec<Ask>) -> Result<Vec<Said>, StoreError> {
        let conn = match self {
            Self::Sqlite(conn) => conn,
            Self::Postgres(conn) => return script::run(conn, &asks).await,
        };
        let (mut text, mut args) = (String::new(), SqliteArguments::default());
        for Ask { sql, arg } in asks {
            // In a text of several statements parameters have no numbers: each place takes the next.
            let mut parts = sql.sqlite.split("?1");
            text.push_str(parts.next().unwrap_or_default());
            let arg = arg.map(Arc::<str>::from);
            for part in parts {
                args.add(arg.clone()).map_err(sqlx::Error::Encode)?;
                text.push('?');
                text.push_str(part);
            }
            text.push_str(";\n");
        }
        hear(conn.fetch_many(sqlx::query_with(AssertSqlSafe(text), args)), SqliteQueryResult::rows_affected).await
    }

    /// Carries out one statement.
    pub(crate) async fn one(&mut self, Ask { sql, arg }: Ask) -> Result<Said, StoreError> {
        let said = match self {
            Self::Sqlite(conn) => {
                let query = sqlx::query(sql.sqlite);
                let query = if let Some(arg) = arg { query.bind(arg) } else { query };
                hear(conn.fetch_many(query), SqliteQueryResult::rows_affected).await?
            }
            Self::Postgres(conn) => {
                let query = sqlx::query(sql.postgres);
                let query = if let Some(arg) = arg { query.bind(arg) } else { query };
                hear(conn.fetch_many(query), PgQueryResult::rows_affected).await?
            }
        };
        Ok(said.into_iter().next().unwrap_or_default())
    }

    /// Adds rows to several tables of SQLite, given cell by cell; for PostgreSQL see [`Inserts::ask`].
    pub(crate) async fn insert(&mut self, tables: Vec<(Inserts, Vec<Cell>)>) -> Result<(), StoreError> {
        let Self::Sqlite(conn) = self else { return Err(StoreError::Conflict) };
        let mut tables: Vec<_> = tables.into_iter().map(|(into, cells)| (into, cells.into_iter())).collect();
        while tables.iter().any(|(_, cells)| cells.len() > 0) {
            let (mut text, mut args) = (String::new(), SqliteArguments::default());
            for (into, cells) in &mut tables {
                let rows = (cells.len() / into.columns.max(1)).min(ROWS_AT_ONCE);
                let Some(room) = ROOMS.into_iter().find(|room| rows > 0 && *room >= rows) else { continue };
                insert_into(&mut text, *into, room);
                args.reserve(room * into.columns, 0);
                for cell in cells.by_ref().take(rows * into.columns) {
                    match cell {
                        Cell::Int(number) => args.add(number),
                        Cell::Text(text) => args.add(text),
                    }
                    .map_err(sqlx::Error::Encode)?;
                }
                for _ in rows * into.columns..room * into.columns {
                    args.add(None::<i64>).map_err(sqlx::Error::Encode)?;
                }
            }
            sqlx::query_with(AssertSqlSafe(text), args).execute(&mut *conn).await?;
        }
        Ok(())
    }

    /// SQLite: carries what it can of the log into the file, without standing in anybody's way. Whether that was all.
    pub(crate) async fn checkpoint(&mut self) -> Result<bool, StoreError> {
        let Self::Sqlite(conn) = self else { return Ok(true) };
        let row = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(conn).await?;
        let (logged, carried): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
        Ok(carried >= logged)
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    pub(crate) async fn close(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => conn.close().await?,
            Self::Postgres(conn) => conn.close().await?,
        }
        Ok(())
    }
}

/// A statement to carry out.
pub(crate) struct Ask {
    pub(crate) sql: Sql,
    pub(crate) arg: Option<String>,
}

impl Ask {
    /// A statement whose parameter is this, as JSON.
    pub(crate) fn json(sql: Sql, arg: &impl Serialize) -> Result<Self, StoreError> {
        Ok(Self { sql, arg: Some(serde_json::to_string(arg)?) })
    }
}

impl Inserts {
    /// The rows as PostgreSQL takes them: one JSON array of arrays.
    pub(crate) fn ask(self, cells: &[Cell]) -> Result<Ask, StoreError> {
        let rows = cells.chunks(self.columns.max(1)).collect::<Vec<_>>();
        Ask::json(Sql { name: self.name, sqlite: "", postgres: self.postgres }, &rows)
    }
}

/// What a statement said: its rows' one text column, and how many rows it touched.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) rows: Vec<String>,
    pub(crate) touched: u64,
}

/// Hears what each statement of a message says, in their order.
async fn hear<D, R: Row>(
    mut steps: impl Stream<Item = Result<Either<D, R>, sqlx::Error>> + Unpin,
    touched: impl Fn(&D) -> u64,
) -> Result<Vec<Said>, StoreError>
where
    usize: sqlx::ColumnIndex<R>,
    for<'r> String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let (mut said, mut now) = (Vec::new(), Said::default());
    while let Some(step) = steps.try_next().await? {
        match step {
            Either::Right(row) => now.rows.push(row.try_get(0)?),
            Either::Left(done) => {
                now.touched = touched(&done);
                said.push(std::mem::take(&mut now));
            }
        }
    }
    Ok(said)
}

/// Rows of one statement on SQLite: the gain of more is small.
const ROWS_AT_ONCE: usize = 128;

/// Rows that a statement on SQLite has room for; those beyond what there is are empty and passed over. Each size is a
/// statement of its own, which is to be prepared once.
const ROOMS: [usize; 3] = [8, 32, ROWS_AT_ONCE];

/// The statement that adds up to so many rows.
fn insert_into(text: &mut String, into: Inserts, room: usize) {
    text.push_str(into.sqlite);
    text.push_str(" SELECT * FROM (VALUES ");
    for row in 0..room {
        text.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..into.columns {
            text.push_str(if column == 0 { "?" } else { ",?" });
        }
        text.push(')');
    }
    text.push_str(") WHERE column1 IS NOT NULL;\n");
}

/// A cell of a row to insert. Texts are shared: SQLite's thread reads what the decision made, without a copy.
pub(crate) enum Cell {
    Int(i64),
    Text(Arc<str>),
}

impl Cell {
    /// A time or a count.
    pub(crate) fn of(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// A text.
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(number) => to.serialize_i64(*number),
            Self::Text(text) => to.serialize_str(text),
        }
    }
}

fn texts<R: Row>(rows: &[R]) -> Result<Vec<String>, StoreError>
where
    usize: sqlx::ColumnIndex<R>,
    for<'r> String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    rows.iter().map(|row| row.try_get::<String, _>(0).map_err(StoreError::from)).collect()
}

/// Connections for reading.
pub(crate) enum Readers {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Readers {
    /// Runs one query.
    pub(crate) async fn rows(&self, sql: Sql, arg: String) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Sqlite(pool) => texts(&sqlx::query(sql.sqlite).bind(arg).fetch_all(pool).await?),
            Self::Postgres(pool) => texts(&sqlx::query(sql.postgres).bind(arg).fetch_all(pool).await?),
        }
    }
}
