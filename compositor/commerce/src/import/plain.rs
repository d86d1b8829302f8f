//! The plain CSV: `sku,title,price` and, where wanted, `was,description,image,stock,variant_of,options,parts,cap,
//! barcode,listed`. Options are `Size: L | Colour: blue`; parts are `MUG x2 | TEA`.

use super::{Catalogue, ImportError, Read, Table, units, yes};
use crate::csv::Record;
use crate::{Choice, Part, Product, Sku};

pub(super) fn read(table: &Table, rows: &[Record]) -> Read {
    let (mut catalogue, mut lines, mut errors) = (Catalogue::default(), Vec::new(), Vec::new());
    for row in rows {
        match product(table, row) {
            Ok((product, stock)) => {
                lines.push((product.sku.clone(), row.line));
                catalogue.stock.extend(stock.map(|units| (product.sku.clone(), units)));
                catalogue.products.push(product);
            }
            Err(text) => errors.push(ImportError { line: row.line, text }),
        }
    }
    ((catalogue, lines), errors)
}

fn product(table: &Table, row: &Record) -> Result<(Product, Option<i64>), String> {
    let get = |name: &str| table.get(row, name);
    let sku = Sku::new(get("sku")).map_err(|error| format!("sku: {error}"))?;
    let title = if get("title").is_empty() { sku.as_str() } else { get("title") };
    let optional = |name: &str| Some(get(name).to_owned()).filter(|text| !text.is_empty());
    let variant_of =
        optional("variant_of").map(|text| Sku::new(&text)).transpose().map_err(|e| format!("variant_of: {e}"))?;
    let cap = optional("cap").map(|text| text.parse::<u32>().map_err(|_| format!("cap: {text:?} is no number")));
    let product = Product {
        title: title.to_owned(),
        description: get("description").to_owned(),
        image: optional("image"),
        price: table.money(get("price")).map_err(|error| format!("price: {error}"))?,
        was: optional("was").map(|text| table.money(&text)).transpose().map_err(|error| format!("was: {error}"))?,
        prices: std::collections::BTreeMap::new(),
        variant_of,
        options: list(get("options")).map(choice).collect::<Result<_, _>>()?,
        parts: list(get("parts")).map(part).collect::<Result<_, _>>()?,
        cap_per_customer: cap.transpose()?,
        barcode: optional("barcode"),
        listed: yes(get("listed"), true),
        sku,
    };
    Ok((product, units(get("stock")).map_err(|error| format!("stock: {error}"))?))
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split('|').map(str::trim).filter(|item| !item.is_empty())
}

fn choice(text: &str) -> Result<Choice, String> {
    let (name, value) = text.split_once(':').ok_or_else(|| format!("options: {text:?} should be like Size: L"))?;
    Ok(Choice { name: name.trim().to_owned(), value: value.trim().to_owned() })
}

fn part(text: &str) -> Result<Part, String> {
    let counted = text.rsplit_once(" x").and_then(|(sku, qty)| Some((sku.trim(), qty.trim().parse::<u32>().ok()?)));
    let (sku, qty) = counted.unwrap_or((text, 1));
    Ok(Part { sku: Sku::new(sku).map_err(|error| format!("parts: {text:?}: {error}"))?, qty })
}
