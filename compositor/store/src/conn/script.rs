//! Several statements to PostgreSQL in one message: a batch then costs four ways to the server, not fourteen.
//!
//! The statements are prepared once for each connection and called by name (`EXECUTE`), one after the other in the
//! simple protocol. Each sees what was committed before it began, as if it had been sent alone: what is protected by a
//! lock is read after the lock is had. If one fails, those after it are not carried out.

use super::{Ask, Said, hear};
use crate::StoreError;
use crate::sql;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnection, PgQueryResult};

/// Has the server read the statements that scripts are made of.
pub(super) async fn prepare(conn: &mut PgConnection) -> Result<(), StoreError> {
    let mut text = String::new();
    for (name, statement) in sql::scripted() {
        text.push_str(&format!("PREPARE {}(text) AS {statement};\n", handle(name)));
    }
    sqlx::raw_sql(AssertSqlSafe(text)).execute(conn).await?;
    Ok(())
}

/// Sends all, then hears what each said.
pub(super) async fn run(conn: &mut PgConnection, asks: &[Ask]) -> Result<Vec<Said>, StoreError> {
    let mut text = String::with_capacity(asks.iter().map(|ask| 64 + ask.arg.as_ref().map_or(0, String::len)).sum());
    for Ask { sql, arg } in asks {
        match arg {
            Some(arg) => {
                text.push_str("EXECUTE ");
                text.push_str(&handle(sql.name));
                text.push('(');
                quote(&mut text, arg);
                text.push(')');
            }
            None => text.push_str(sql.postgres),
        }
        text.push_str(";\n");
    }
    hear(sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(conn), PgQueryResult::rows_affected).await
}

/// What a statement is called on the server.
fn handle(name: &str) -> String {
    format!("vitrine_{}", name.replace(' ', "_"))
}

/// Writes a text as PostgreSQL reads it, whatever is in it and however the server is set: an escape string, in which
/// the quote and the backslash are doubled.
fn quote(to: &mut String, text: &str) {
    to.push_str("E'");
    for part in text.split_inclusive(['\'', '\\']) {
        to.push_str(part);
        if let Some(special) = part.chars().next_back().filter(|c| matches!(c, '\'' | '\\')) {
            to.push(special);
        }
    }
    to.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_stay_inside_the_text() {
        let quoted = |text: &str| {
            let mut to = String::new();
            quote(&mut to, text);
            to
        };
        assert_eq!(quoted(r#"["it's","C:\\x"]"#), r#"E'["it''s","C:\\\\x"]'"#);
        assert_eq!(quoted(r"\'; DROP TABLE stock; --"), r"E'\\''; DROP TABLE stock; --'");
        assert_eq!(quoted(""), "E''");
        assert_eq!(quoted("मग'"), "E'मग'''");
    }
}
