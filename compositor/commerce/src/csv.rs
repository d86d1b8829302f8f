//! CSV, read and written: RFC 4180 with line numbers, and cells that no spreadsheet runs as a formula.

use thiserror::Error;

/// Why a CSV text can't be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CsvError {
    /// A quoted field does not end.
    #[error("line {line}: a quoted field does not end; add the closing quote")]
    Unclosed {
        /// Where it begins.
        line: usize,
    },
    /// Something follows a closing quote.
    #[error("line {line}: a quoted field goes on after its closing quote; double the quotes inside it")]
    Trailing {
        /// Where.
        line: usize,
    },
}

/// A record and the line it begins on, counted from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The line.
    pub line: usize,
    /// The fields, unquoted.
    pub fields: Vec<String>,
}

/// Reads all records. Empty lines are skipped; a byte order mark is ignored; `separator` is usually a comma.
///
/// # Errors
/// [`CsvError`] with the line.
pub fn parse(text: &str, separator: char) -> Result<Vec<Record>, CsvError> {
    let mut chars = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    let (mut records, mut line) = (Vec::new(), 1);
    while chars.peek().is_some() {
        let start = line;
        let mut fields = Vec::new();
        loop {
            let (field, ended_record) = field(&mut chars, separator, &mut line)?;
            fields.push(field);
            if ended_record {
                break;
            }
        }
        if fields.len() > 1 || fields.first().is_some_and(|only| !only.is_empty()) {
            records.push(Record { line: start, fields });
        }
    }
    Ok(records)
}

fn field(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    separator: char,
    line: &mut usize,
) -> Result<(String, bool), CsvError> {
    let mut text = String::new();
    if chars.next_if_eq(&'"').is_some() {
        let start = *line;
        loop {
            match chars.next() {
                Some('"') if chars.next_if_eq(&'"').is_some() => text.push('"'),
                Some('"') => break,
                Some(c) => {
                    *line += usize::from(c == '\n');
                    text.push(c);
                }
                None => return Err(CsvError::Unclosed { line: start }),
            }
        }
        return match chars.next() {
            Some(c) if c == separator => Ok((text, false)),
            None => Ok((text, true)),
            Some('\n') => {
                *line += 1;
                Ok((text, true))
            }
            Some('\r') if chars.next_if_eq(&'\n').is_some() => {
                *line += 1;
                Ok((text, true))
            }
            Some(_) => Err(CsvError::Trailing { line: *line }),
        };
    }
    loop {
        match chars.next() {
            None => return Ok((text, true)),
            Some(c) if c == separator => return Ok((text, false)),
            Some('\r') if chars.peek() == Some(&'\n') => {}
            Some('\n') => {
                *line += 1;
                return Ok((text, true));
            }
            Some(c) => text.push(c),
        }
    }
}

/// One cell, quoted as needed. What a spreadsheet would take for a formula gets an apostrophe in front, as OWASP
/// advises; plain numbers stay numbers.
#[must_use]
pub fn cell(value: &str) -> String {
    let number = value.parse::<f64>().is_ok() && value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    let formula = value.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
        || value.starts_with(['\t', '\r', '\n']);
    let guarded = if formula && !number { format!("'{value}") } else { value.to_owned() };
    if guarded.contains(['"', ',', ';', '\n', '\r', '\t', '\'']) {
        return format!("\"{}\"", guarded.replace('"', "\"\""));
    }
    guarded
}

/// One record with its line end.
#[must_use]
pub fn row<I: IntoIterator<Item = S>, S: AsRef<str>>(fields: I) -> String {
    let cells: Vec<String> = fields.into_iter().map(|field| cell(field.as_ref())).collect();
    cells.join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_lines_and_marks_read_back() {
        let text = "\u{feff}a,\"b \"\"x\"\"\",\"two\nlines\"\r\n\r\n1,,\n";
        let records = parse(text, ',').unwrap();
        assert_eq!(records[0].fields, ["a", "b \"x\"", "two\nlines"]);
        assert_eq!(records[1], Record { line: 4, fields: vec!["1".into(), String::new(), String::new()] });
        assert_eq!(parse("a\n\"b", ','), Err(CsvError::Unclosed { line: 2 }));
        assert_eq!(parse("\"a\"b", ','), Err(CsvError::Trailing { line: 1 }));
    }

    #[test]
    fn no_cell_is_a_formula_and_every_cell_reads_back() {
        for hostile in ["=1+1", "+1-1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "=\"a\",b"] {
            let cell = cell(hostile);
            let inner = cell.trim_matches('"');
            assert!(inner.starts_with('\''), "{hostile:?} became {cell:?}");
            assert_eq!(parse(&cell, ',').unwrap()[0].fields, [format!("'{hostile}")]);
        }
        assert_eq!([cell("-12.5"), cell("Mug"), cell("a,b")], ["-12.5", "Mug", "\"a,b\""]);
    }
}
