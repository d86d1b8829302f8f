//! Shopify's product export. One product is several rows with one handle: the first has title and description,
//! each row with a price is a variant, rows with only an image add pictures. Old (`Variant SKU`) and new column
//! names are the same but for letter case.

use super::{Catalogue, ImportError, Read, Table, units, yes};
use crate::csv::Record;
use crate::{Choice, Product, Sku};

/// What the first row of a handle says for all its variants.
#[derive(Default)]
struct Parent<'r> {
    handle: &'r str,
    title: &'r str,
    description: String,
    image: &'r str,
    names: [&'r str; 3],
    listed: bool,
    first: Option<Sku>,
}

pub(super) fn read(table: &Table, rows: &[Record]) -> Read {
    let (mut catalogue, mut lines, mut errors) = (Catalogue::default(), Vec::new(), Vec::new());
    let mut parent = Parent::default();
    for row in rows {
        let get = |name: &str| table.get(row, name);
        let handle = get("handle");
        if handle.is_empty() {
            errors.push(ImportError { line: row.line, text: "the handle is empty; each row names its product".into() });
            continue;
        }
        if handle != parent.handle {
            parent = first_row(table, row, handle);
        }
        if get("variant price").is_empty() {
            continue;
        }
        match variant(table, row, &mut parent) {
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

fn first_row<'r>(table: &Table, row: &'r Record, handle: &'r str) -> Parent<'r> {
    let get = |name: &str| table.get(row, name);
    Parent {
        handle,
        title: if get("title").is_empty() { handle } else { get("title") },
        description: plain_text(get("body (html)")),
        image: get("image src"),
        names: [get("option1 name"), get("option2 name"), get("option3 name")],
        listed: yes(get("published"), true) && yes(get("status"), true),
        first: None,
    }
}

fn variant(table: &Table, row: &Record, parent: &mut Parent<'_>) -> Result<(Product, Option<i64>), String> {
    let get = |name: &str| table.get(row, name);
    let values = [get("option1 value"), get("option2 value"), get("option3 value")];
    let options: Vec<Choice> = parent
        .names
        .iter()
        .zip(values)
        .filter(|(name, value)| !value.is_empty() && (**name != "Title" || *value != "Default Title"))
        .map(|(name, value)| Choice { name: (*name).to_owned(), value: value.to_owned() })
        .collect();
    // Excel exports guard leading zeros with an apostrophe.
    let code = get("variant sku").trim_start_matches('\'');
    let made_up: String;
    let code = if code.is_empty() {
        let choices: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
        made_up = [&[parent.handle], choices.as_slice()].concat().join("-");
        &made_up
    } else {
        code
    };
    let sku = Sku::new(code).map_err(|error| format!("variant sku: {error}"))?;
    let price = table.money(get("variant price")).map_err(|error| format!("variant price: {error}"))?;
    let was = Some(get("variant compare at price")).filter(|text| !text.is_empty()).map(|text| table.money(text));
    let was = was.transpose().map_err(|error| format!("variant compare at price: {error}"))?;
    let image = [get("variant image"), parent.image].into_iter().find(|image| !image.is_empty());
    let choices: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
    let title = if choices.is_empty() {
        parent.title.to_owned()
    } else {
        format!("{} – {}", parent.title, choices.join(" / "))
    };
    let barcode = get("variant barcode").trim_start_matches('\'');
    let product = Product {
        sku: sku.clone(),
        title: title.chars().take(crate::limits::TITLE_CHARS_MAX).collect(),
        description: parent.description.clone(),
        image: image.map(str::to_owned),
        price,
        was: was.filter(|was| was.minor > price.minor),
        prices: std::collections::BTreeMap::new(),
        variant_of: parent.first.clone(),
        options,
        parts: Vec::new(),
        cap_per_customer: None,
        barcode: Some(barcode.to_owned()).filter(|code| !code.is_empty()),
        listed: parent.listed,
    };
    parent.first.get_or_insert(sku);
    // Shopify lets stock go below zero where it may be oversold; we begin at zero then.
    let stock = get("variant inventory qty");
    let stock = if stock.starts_with('-') { "0" } else { stock };
    Ok((product, units(stock).map_err(|error| format!("variant inventory qty: {error}"))?))
}

/// The text of an HTML description: tags gone, line breaks at blocks, the common entities read.
fn plain_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        text.push_str(before);
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        let name = tag.get(..end).unwrap_or("").trim_matches(['<', '/', '>', ' ']).to_lowercase();
        if ["p", "br", "li", "div", "h1", "h2", "h3", "tr"]
            .iter()
            .any(|block| name.split([' ', '/']).next() == Some(block))
        {
            text.push('\n');
        }
        rest = tag.get(end..).unwrap_or("");
    }
    text.push_str(rest);
    let entities = [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    let text = entities.iter().fold(text, |text, (entity, c)| text.replace(entity, c));
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n").chars().filter(|c| !c.is_control() || *c == '\n').take(crate::limits::TEXT_CHARS_MAX).collect()
}
