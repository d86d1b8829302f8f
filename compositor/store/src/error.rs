//! What can go wrong between us and a database.

use thiserror::Error;

/// Why the store could not be opened, read or audited.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The URL is none of ours.
    #[error("{0:?} is no database we know; use a file path, sqlite:PATH or postgres://…")]
    Url(String),
    /// The database said no.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row holds what we never wrote.
    #[error("the database holds what this version can't read: {0}")]
    Row(#[from] serde_json::Error),
    /// An event did not fit what was loaded: the database and the program disagree.
    #[error("the database and the program disagree: {0}")]
    Apply(#[from] vitrine_commerce::ApplyError),
    /// Another process got in between; the batch is decided again.
    #[error("another process wrote first")]
    Conflict,
    /// Writing a Parquet file failed.
    #[error("export: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Writing an export failed.
    #[error("export: {0}")]
    Io(#[from] std::io::Error),
}

impl StoreError {
    /// Whether deciding the batch anew can help: somebody else wrote first.
    pub(crate) fn conflict(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return matches!(self, Self::Conflict) };
        let code = error.code();
        matches!(code.as_deref(), Some("23505" | "40001" | "40P01" | "1555" | "2067"))
    }

    /// Whether there is no room on the disk, or it can't be written: nothing of the batch is kept then.
    pub(crate) fn disk(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        let code = error.code().unwrap_or_default();
        let sqlite = error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
        // SQLITE_IOERR and SQLITE_FULL with their extended codes; class 53 and 58 of PostgreSQL.
        match code.parse::<i64>() {
            Ok(number) if sqlite => matches!(number & 0xff, 10 | 13),
            _ => code.starts_with("531") || code.starts_with("58"),
        }
    }

    /// Whether the database is locked by another process and waiting can help.
    pub(crate) fn locked(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        // SQLITE_BUSY and SQLITE_LOCKED with their extended codes.
        let base = error.code().and_then(|code| code.parse::<i64>().ok()).map(|code| code & 0xff);
        error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() && matches!(base, Some(5 | 6))
    }
}
