//! Catalogues from files: a plain CSV and Shopify's product export. Errors carry the line.

mod plain;
mod shopify;

use crate::csv::CsvError;
use crate::limits::{PRODUCTS_MAX, STOCK_UNITS_MAX};
use crate::{Command, Currency, Location, Product, Sku};
use thiserror::Error;

/// A catalogue as read: products, and the stock that the file says they have on the main shelf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Products, in the order of the file.
    pub products: Vec<Product>,
    /// Units on hand by SKU, where the file says so.
    pub stock: Vec<(Sku, i64)>,
    /// Products that nobody counts: as many are sold as are wanted.
    pub unlimited: Vec<Sku>,
}

impl Catalogue {
    /// The commands that take it over. Products are replaced; a shelf is filled only if nothing was ever on it, so
    /// that reading the same file again never brings back what was sold: such a shelf answers `STALE`, which is well.
    #[must_use]
    pub fn commands(&self) -> Vec<Command> {
        let mut commands: Vec<Command> =
            self.products.chunks(PRODUCTS_MAX).map(|part| Command::PutProducts { products: part.to_vec() }).collect();
        let first = |(sku, on_hand): &(Sku, i64)| Command::CountStock {
            sku: sku.clone(),
            location: Location::main(),
            on_hand: *on_hand,
            seen_version: Some(0),
        };
        commands.extend(self.stock.iter().map(first));
        let endless =
            |sku: &Sku| Command::SetBackorder { sku: sku.clone(), location: Location::main(), units: STOCK_UNITS_MAX };
        commands.extend(self.unlimited.iter().map(endless));
        commands
    }
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}: {text}")]
pub struct ImportError {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong and what to do.
    pub text: String,
}

impl From<CsvError> for ImportError {
    fn from(error: CsvError) -> Self {
        let (CsvError::Unclosed { line } | CsvError::Trailing { line }) = error;
        Self { line, text: error.to_string().split_once(": ").map_or_else(String::new, |(_, text)| text.to_owned()) }
    }
}

/// Reads a catalogue; which of the two forms it is shows in its head line. Nothing is taken if anything is wrong;
/// up to 100 errors are told at once. `currency` is for amounts that name none.
///
/// # Errors
/// All [`ImportError`]s found.
pub fn catalogue(text: &str, currency: Currency) -> Result<Catalogue, Vec<ImportError>> {
    let fail = |line, text: &str| vec![ImportError { line, text: text.to_owned() }];
    if text.len() > crate::limits::IMPORT_BYTES_MAX {
        return Err(fail(1, "the file is larger than 32 MiB; split it"));
    }
    let head = text.lines().next().unwrap_or("");
    let separator = if head.matches(';').count() > head.matches(',').count() { ';' } else { ',' };
    let records = crate::csv::parse(text, separator).map_err(|error| vec![error.into()])?;
    let Some((head, rows)) = records.split_first() else {
        return Err(fail(1, "the file is empty; its first line names the columns"));
    };
    let columns: Vec<String> = head.fields.iter().map(|name| name.trim().to_lowercase()).collect();
    let table = Table { columns, currency };
    let (catalogue, mut errors) = if table.has("handle") && table.has("variant price") {
        shopify::read(&table, rows)
    } else if table.has("sku") && table.has("price") {
        plain::read(&table, rows)
    } else {
        return Err(fail(
            1,
            "the first line must name at least the columns sku, title and price, or be a Shopify export",
        ));
    };
    let mut seen = std::collections::BTreeMap::new();
    for (product, line) in &catalogue.1 {
        if let Some(first) = seen.insert(product.clone(), *line) {
            errors.push(ImportError { line: *line, text: format!("SKU {product} was on line {first} already") });
        }
    }
    errors.sort_by_key(|error| error.line);
    errors.truncate(100);
    if errors.is_empty() { Ok(catalogue.0) } else { Err(errors) }
}

/// A catalogue with the line of each SKU, and what was wrong.
type Read = ((Catalogue, Vec<(Sku, usize)>), Vec<ImportError>);

/// Column names and the currency of bare amounts.
struct Table {
    columns: Vec<String>,
    currency: Currency,
}

impl Table {
    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column == name)
    }

    /// A field by column name; empty if the row or the file lacks it.
    fn get<'r>(&self, row: &'r crate::csv::Record, name: &str) -> &'r str {
        let at = self.columns.iter().position(|column| column == name);
        at.and_then(|at| row.fields.get(at)).map_or("", |field| field.trim())
    }

    fn money(&self, text: &str) -> Result<crate::Money, String> {
        let bare = text.bytes().all(|b| !b.is_ascii_alphabetic());
        let money = if bare { crate::parse_amount(text, self.currency) } else { text.parse() };
        money.map_err(|error| error.to_string())
    }
}

fn yes(text: &str, default: bool) -> bool {
    match text.to_lowercase().as_str() {
        "" => default,
        "true" | "yes" | "1" | "active" | "y" => true,
        _ => false,
    }
}

fn units(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let whole = text.strip_suffix(".0").unwrap_or(text);
    match whole.parse::<i64>() {
        Ok(n) if (0..=STOCK_UNITS_MAX).contains(&n) => Ok(Some(n)),
        _ => Err(format!("{text:?} is no number of units; use 0 to 1000000000")),
    }
}
