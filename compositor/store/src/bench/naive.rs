//! A store that reads, thinks and writes: it oversells, which proves that the tsunami bites.

use super::{BenchError, Bought, Try, tsunami};
use crate::conn::Place;
use serde::Serialize;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use std::time::Duration;

/// What the naive store left.
#[derive(Clone, Debug, Serialize)]
pub struct Naive {
    /// Buyers told that they have it.
    pub sold: u64,
    /// Of these, beyond the units there were.
    pub oversold: u64,
}

/// The same crowd on a store that reads, thinks and writes: select, then update.
///
/// # Errors
/// [`BenchError`] if the database can't be used.
pub async fn naive(url: &str, buyers: u64, units: u64, arrival: Duration) -> Result<Naive, BenchError> {
    let units_i64 = i64::try_from(units).unwrap_or(i64::MAX);
    let drop_it = "DROP TABLE IF EXISTS naive_stock";
    let create = "CREATE TABLE naive_stock(sku TEXT PRIMARY KEY, units BIGINT)";
    let insert = "INSERT INTO naive_stock VALUES('HOT', $1)";
    let result = match Place::parse(url)? {
        Place::Sqlite(options) => {
            let pool = SqlitePoolOptions::new()
                .max_connections(8)
                .connect_with(options.busy_timeout(Duration::from_secs(30)))
                .await?;
            sqlx::query(drop_it).execute(&pool).await?;
            sqlx::query(create).execute(&pool).await?;
            sqlx::query(insert).bind(units_i64).execute(&pool).await?;
            tsunami(buyers, units, arrival, move |_| naive_sqlite(pool.clone())).await?
        }
        Place::Postgres(options) => {
            let pool = PgPoolOptions::new()
                .max_connections(32)
                .acquire_timeout(Duration::from_secs(60))
                .connect_with(options)
                .await?;
            sqlx::query(drop_it).execute(&pool).await?;
            sqlx::query(create).execute(&pool).await?;
            sqlx::query(insert).bind(units_i64).execute(&pool).await?;
            tsunami(buyers, units, arrival, move |_| naive_postgres(pool.clone())).await?
        }
    };
    Ok(Naive { sold: result.sold, oversold: result.oversold })
}

const READ: &str = "SELECT units FROM naive_stock WHERE sku = 'HOT'";
const WRITE: &str = "UPDATE naive_stock SET units = $1 WHERE sku = 'HOT'";

async fn naive_sqlite(pool: sqlx::SqlitePool) -> Try {
    let buy = async {
        let left: i64 = sqlx::query_scalar(READ).fetch_one(&pool).await?;
        if left > 0 {
            sqlx::query(WRITE).bind(left - 1).execute(&pool).await?;
        }
        Ok::<_, sqlx::Error>(left > 0)
    };
    naive_try(buy.await)
}

async fn naive_postgres(pool: sqlx::PgPool) -> Try {
    let buy = async {
        let left: i64 = sqlx::query_scalar(READ).fetch_one(&pool).await?;
        if left > 0 {
            sqlx::query(WRITE).bind(left - 1).execute(&pool).await?;
        }
        Ok::<_, sqlx::Error>(left > 0)
    };
    naive_try(buy.await)
}

fn naive_try(bought: Result<bool, sqlx::Error>) -> Try {
    let bought = match bought {
        Ok(true) => Bought::Paid,
        Ok(false) => Bought::SoldOut,
        Err(_) => Bought::Failed,
    };
    Try { bought, reserve: Duration::ZERO, counter_lag: None }
}
