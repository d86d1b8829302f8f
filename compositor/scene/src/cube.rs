//! Reads `.cube` look-up tables (Adobe Cube LUT Specification 1.0), three-dimensional ones.

use crate::grade::Lut3;
use thiserror::Error;

/// Fewest and most points along a side. The format allows 256; tables above 65 are made by no known tool.
const POINTS: std::ops::RangeInclusive<usize> = 2..=65;

/// Why a `.cube` text was refused.
#[derive(Debug, Error, PartialEq, Eq, Clone)]
pub enum LutError {
    /// A line can't be read.
    #[error("line {line}: {what}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// No `LUT_3D_SIZE` line.
    #[error("there is no LUT_3D_SIZE line; only three-dimensional .cube files can be used")]
    NoSize,
    /// The table is too short or too long.
    #[error("the table has {found} rows, LUT_3D_SIZE {points} needs {needed}")]
    Rows {
        /// Points along a side.
        points: usize,
        /// Rows that this needs.
        needed: usize,
        /// Rows that were found.
        found: usize,
    },
}

impl LutError {
    /// A stable code for APIs and logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Line { .. } => "LUT_LINE",
            Self::NoSize => "LUT_NO_SIZE",
            Self::Rows { .. } => "LUT_ROWS",
        }
    }
}

impl Lut3 {
    /// Reads the text of a `.cube` file.
    ///
    /// # Errors
    /// [`LutError`] names the first bad line, or what is missing.
    pub fn parse(text: &str) -> Result<Self, LutError> {
        let mut points = None;
        let (mut domain_min, mut domain_max) = ([0.0; 3], [1.0; 3]);
        let mut table = Vec::new();
        for (line, content) in (1..).zip(text.trim_start_matches('\u{FEFF}').lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let (word, rest) = content.split_once(char::is_whitespace).unwrap_or((content, ""));
            match word {
                "TITLE" => {}
                "LUT_3D_SIZE" => points = Some(size(line, rest)?),
                "LUT_1D_SIZE" => return Err(bad(line, "a one-dimensional table can't be used; export a 3-D one")),
                "DOMAIN_MIN" => domain_min = three(line, rest)?,
                "DOMAIN_MAX" => domain_max = three(line, rest)?,
                "LUT_3D_INPUT_RANGE" => {
                    let [low, high] = numbers(line, rest)?;
                    (domain_min, domain_max) = ([low; 3], [high; 3]);
                }
                _ if word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                    return Err(bad(line, &format!("unknown word \"{}\"", word.chars().take(40).collect::<String>())));
                }
                _ => {
                    let needed = points.map_or(0, |points: usize| points.pow(3));
                    if table.len() >= needed {
                        return Err(extra_row(line, points));
                    }
                    table.push(three(line, content)?);
                }
            }
        }
        let points = points.ok_or(LutError::NoSize)?;
        let needed = points.pow(3);
        if table.len() != needed {
            return Err(LutError::Rows { points, needed, found: table.len() });
        }
        // A wrong domain may stand in two lines; the first one of the file is as good a place as any.
        if domain_min.iter().zip(&domain_max).any(|(min, max)| min >= max) {
            return Err(bad(1, "DOMAIN_MIN has to lie below DOMAIN_MAX in each channel"));
        }
        Ok(Self { points, domain_min, domain_max, table })
    }
}

fn bad(line: usize, what: &str) -> LutError {
    LutError::Line { line, what: what.to_owned() }
}

fn extra_row(line: usize, points: Option<usize>) -> LutError {
    match points {
        None => bad(line, "the table begins before LUT_3D_SIZE; put that line first"),
        Some(points) => bad(line, &format!("more rows than LUT_3D_SIZE {points} has")),
    }
}

fn size(line: usize, text: &str) -> Result<usize, LutError> {
    let points = text.trim().parse().ok().filter(|points| POINTS.contains(points));
    points.ok_or_else(|| bad(line, &format!("LUT_3D_SIZE has to be {} to {}", POINTS.start(), POINTS.end())))
}

fn numbers<const N: usize>(line: usize, text: &str) -> Result<[f32; N], LutError> {
    let read: Option<Vec<f32>> = text
        .split_whitespace()
        .map(|word| word.parse().ok().filter(|n: &f32| n.is_finite() && n.abs() <= 65_536.0))
        .collect();
    let read = read.and_then(|read| read.try_into().ok());
    read.ok_or_else(|| bad(line, &format!("expected {N} numbers")))
}

fn three(line: usize, text: &str) -> Result<[f32; 3], LutError> {
    numbers(line, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "TITLE \"warm\"\n# made by hand\nLUT_3D_SIZE 2\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1\n";
    const ROWS: &str = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1.0 1.0 0.9\n";

    #[test]
    fn a_table_is_read_red_fastest() {
        let lut = Lut3::parse(&format!("{HEAD}\n{ROWS}")).unwrap();
        assert_eq!((lut.points, lut.table.len()), (2, 8));
        assert_eq!(lut.table[1], [1.0, 0.0, 0.0]);
        assert_eq!(lut.table[7], [1.0, 1.0, 0.9]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let line = |text: &str| Lut3::parse(text).unwrap_err().to_string();
        assert_eq!(line(&format!("{HEAD}0 0\n")), "line 6: expected 3 numbers");
        assert_eq!(line(&format!("{HEAD}0 0 nan\n")), "line 6: expected 3 numbers");
        assert_eq!(line("0 0 0\n"), "line 1: the table begins before LUT_3D_SIZE; put that line first");
        assert_eq!(line("LUT_3D_SIZE 1000\n"), "line 1: LUT_3D_SIZE has to be 2 to 65");
        assert_eq!(line("LUT_3D_SIZE 2\n0 0 0\n"), "the table has 1 rows, LUT_3D_SIZE 2 needs 8");
        assert_eq!(line(&format!("{HEAD}{ROWS}0 0 0\n")), "line 14: more rows than LUT_3D_SIZE 2 has");
        assert!(line("LUT_1D_SIZE 4\n").starts_with("line 1: a one-dimensional"));
        assert_eq!(Lut3::parse(""), Err(LutError::NoSize));
    }
}
