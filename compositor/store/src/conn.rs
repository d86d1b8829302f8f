//! A connection to either database, reduced to what the store needs: JSON in, JSON rows out.

mod script;

use crate::StoreError;
use crate::limits::{LOCK_WAIT, READERS};
use crate::sql::{Inserts, Sql};
use serde::{Serialize, Serializer};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use futures_util::TryStreamExt;
use sqlx::Either;
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
            .pragma("cache_size", "-65536")
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", "8000")
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
        match self {
            Self::Sqlite(conn) => {
                let query = sqlx::query(sql.sqlite);
                let query = if let Some(arg) = arg { query.bind(arg) } else { query };
                texts(&query.fetch_all(conn).await?)
            }
            Self::Postgres(conn) => {
                let query = sqlx::query(sql.postgres);
                let query = if let Some(arg) = arg { query.bind(arg) } else { query };
                texts(&query.fetch_all(conn).await?)
            }
        }
    }

    /// Runs a statement; tells how many rows it touched.
    pub(crate) async fn run(&mut self, sql: Sql, arg: Option<String>) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(conn) => {
                let query = sqlx::query(sql.sqlite);
                let query = if let Some(arg) = arg { query.bind(arg) } else { query };
                query.execute(conn).await?.rows_affected()
            }
            Self::Postgres(conn) => {
                let query = sqlx::query(sql.postgres);
                let query = if let Some(arg) = arg { query.bind(arg) } else { query };
                query.execute(conn).await?.rows_affected()
            }
        })
    }

    /// Carries out statements in their order and gives what each said. PostgreSQL gets all of them in one message:
    /// there, what costs is the way.
    pub(crate) async fn all(&mut self, asks: Vec<Ask>) -> Result<Vec<Said>, StoreError> {
        if let Self::Postgres(conn) = self {
            return script::run(conn, &asks).await;
        }
        let mut said = Vec::with_capacity(asks.len());
        for ask in asks {
            said.push(self.one(ask).await?);
        }
        Ok(said)
    }

    /// Carries out one statement.
    pub(crate) async fn one(&mut self, Ask { sql, arg }: Ask) -> Result<Said, StoreError> {
        let mut said = Said::default();
        match self {
            Self::Sqlite(conn) => {
                let query = sqlx::query(sql.sqlite);
                let query = if let Some(arg) = arg { query.bind(arg) } else { query };
                let mut stream = conn.fetch_many(query);
                while let Some(step) = stream.try_next().await? {
                    match step {
                        Either::Left(done) => said.touched += done.rows_affected(),
                        Either::Right(row) => said.rows.push(row.try_get(0)?),
                    }
                }
            }
            Self::Postgres(conn) => {
                let query = sqlx::query(sql.postgres);
                let query = if let Some(arg) = arg { query.bind(arg) } else { query };
                let mut stream = conn.fetch_many(query);
                while let Some(step) = stream.try_next().await? {
                    match step {
                        Either::Left(done) => said.touched += done.rows_affected(),
                        Either::Right(row) => said.rows.push(row.try_get(0)?),
                    }
                }
            }
        }
        Ok(said)
    }

    /// Adds rows to SQLite, given cell by cell; for PostgreSQL see [`Inserts::ask`].
    pub(crate) async fn insert(&mut self, into: Inserts, cells: Vec<Cell>) -> Result<(), StoreError> {
        let columns = into.columns.max(1);
        let Self::Sqlite(conn) = self else {
            return self.one(into.ask(&cells)?).await.map(drop);
        };
        let mut rest = cells.len() / columns;
        let mut cells = cells.into_iter();
        while rest > 0 {
            // Powers of two: the statements are few, so that each is prepared once.
            let count = (rest.min(ROWS_AT_ONCE) + 1).next_power_of_two() / 2;
            let mut query = sqlx::query(AssertSqlSafe(values(into.sqlite, columns, count)));
            for cell in cells.by_ref().take(count * columns) {
                query = match cell {
                    Cell::Int(number) => query.bind(number),
                    Cell::Text(text) => query.bind(text),
                };
            }
            query.execute(&mut *conn).await?;
            rest -= count;
        }
        Ok(())
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

/// Rows of one statement on SQLite: the gain of more is small, and each number of rows is a statement of its own.
const ROWS_AT_ONCE: usize = 128;

/// `head` with room for so many rows of so many columns.
fn values(head: &str, columns: usize, rows: usize) -> String {
    let mut text = String::with_capacity(head.len() + rows * (columns * 2 + 2));
    text.push_str(head);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..columns {
            text.push_str(if column == 0 { "?" } else { ",?" });
        }
        text.push(')');
    }
    text
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
