//! Money in minor units with its currency; arithmetic is checked and never mixes currencies.

use crate::limits::AMOUNT_MINOR_MAX;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Why an amount was refused.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum MoneyError {
    /// Not three upper-case letters.
    #[error("{0:?} is not a currency; use three letters of ISO 4217, such as EUR")]
    Currency(String),
    /// Not an amount with a currency.
    #[error("{0:?} is not a price; write it like \"14.90 EUR\"")]
    Shape(String),
    /// More decimals than the currency has.
    #[error("{text:?} has too many decimals; {currency} has {digits}")]
    Decimals {
        /// What was written.
        text: String,
        /// Its currency.
        currency: Currency,
        /// Decimals the currency has.
        digits: u32,
    },
    /// Two currencies in one sum.
    #[error("can't put {0} and {1} into one sum; use one currency")]
    Mixed(Currency, Currency),
    /// Beyond the largest amount.
    #[error("the amount is too large; the largest is 10^15 minor units")]
    TooLarge,
}

/// A currency of ISO 4217, by its three letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");

    /// Takes three letters; lower case is raised.
    ///
    /// # Errors
    /// [`MoneyError::Currency`] if it is anything else.
    pub fn new(code: &str) -> Result<Self, MoneyError> {
        match code.as_bytes() {
            [a, b, c] if code.bytes().all(|b| b.is_ascii_alphabetic()) => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
            }
            _ => Err(MoneyError::Currency(code.chars().take(16).collect())),
        }
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimals of the minor unit, per ISO 4217 (list one, 2024): two unless listed here.
    #[must_use]
    pub const fn digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(code: String) -> Result<Self, MoneyError> {
        Self::new(&code)
    }
}

impl From<Currency> for String {
    fn from(c: Currency) -> Self {
        c.as_str().to_owned()
    }
}

/// An amount of one currency in minor units: `Money { minor: 1490, currency: EUR }` is 14.90 EUR.
/// Reads from JSON and TOML as `"14.90 EUR"` or `{ "minor": 1490, "currency": "EUR" }`; writes the latter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Wire")]
#[schemars(with = "Wire")]
pub struct Money {
    /// Amount in the currency's minor unit; negative only in differences.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Wire {
    Text(String),
    Parts { minor: i64, currency: Currency },
}

impl TryFrom<Wire> for Money {
    type Error = MoneyError;
    fn try_from(wire: Wire) -> Result<Self, MoneyError> {
        match wire {
            Wire::Text(text) => text.parse(),
            Wire::Parts { minor, currency } => Self::new(minor, currency),
        }
    }
}

impl Money {
    /// An amount of `minor` units.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] beyond 10^15 minor units either way.
    pub const fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor > AMOUNT_MINOR_MAX || minor < -AMOUNT_MINOR_MAX {
            return Err(MoneyError::TooLarge);
        }
        Ok(Self { minor, currency })
    }

    /// Nothing, in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Sum of two amounts.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::TooLarge`] beyond the largest amount.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        Self::new(self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?, self.currency)
    }

    /// Difference of two amounts.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        Self::new(self.minor.checked_sub(other.minor).ok_or(MoneyError::TooLarge)?, self.currency)
    }

    /// This amount `n` times.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] beyond the largest amount.
    pub fn times(self, n: u32) -> Result<Self, MoneyError> {
        Self::new(self.minor.checked_mul(i64::from(n)).ok_or(MoneyError::TooLarge)?, self.currency)
    }

    /// A share in hundredths of a per cent (1,000 is 10 %), rounded half up, as shops print it.
    #[must_use]
    pub fn basis_points(self, bp: u32) -> Self {
        let scaled = (i128::from(self.minor) * i128::from(bp) + 5_000).div_euclid(10_000);
        Self { minor: i64::try_from(scaled).unwrap_or(self.minor), currency: self.currency }
    }

    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::Mixed(self.currency, other.currency)) }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.currency.digits();
        let sign = if self.minor < 0 { "-" } else { "" };
        let (minor, unit) = (self.minor.unsigned_abs(), 10_u64.pow(digits));
        if digits == 0 {
            return write!(f, "{sign}{minor} {}", self.currency);
        }
        let width = usize::try_from(digits).unwrap_or(2);
        write!(f, "{sign}{}.{:0width$} {}", minor / unit, minor % unit, self.currency)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads `14.90 EUR`, `EUR 14.90`, `14,90 EUR`, `1 490 JPY`. A comma or point is the decimal mark when at
    /// most the currency's decimals follow it; grouping is by spaces, apostrophes or the other mark.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let shape = || MoneyError::Shape(text.chars().take(40).collect());
        let trimmed = text.trim();
        let (amount, code) = match trimmed.find(|c: char| c.is_ascii_digit() || c == '-') {
            Some(0) => {
                let end = trimmed.rfind(|c: char| c.is_ascii_digit()).ok_or_else(shape)?;
                trimmed.split_at_checked(end + 1).ok_or_else(shape)?
            }
            Some(at) => trimmed.split_at_checked(at).map(|(code, amount)| (amount, code)).ok_or_else(shape)?,
            None => return Err(shape()),
        };
        let currency = Currency::new(code.trim()).map_err(|_| shape())?;
        Self::new(minor_units(amount.trim(), currency, &shape)?, currency)
    }
}

/// The amount alone, such as `1,299.00` of a catalogue whose currency is known.
///
/// # Errors
/// [`MoneyError`] as for a whole price.
pub fn parse_amount(text: &str, currency: Currency) -> Result<Money, MoneyError> {
    let shape = || MoneyError::Shape(text.chars().take(40).collect());
    Money::new(minor_units(text.trim(), currency, &shape)?, currency)
}

fn minor_units(amount: &str, currency: Currency, shape: &dyn Fn() -> MoneyError) -> Result<i64, MoneyError> {
    let (negative, amount) = amount.strip_prefix('-').map_or((false, amount), |rest| (true, rest));
    let digits = currency.digits();
    // Three digits behind the last mark are a group of thousands unless the currency has three decimals.
    let mark = amount.rfind(['.', ',']).filter(|at| amount.len() - at - 1 != 3 || digits == 3);
    let (whole, fraction) = mark.and_then(|at| amount.split_at_checked(at)).unwrap_or((amount, ""));
    let fraction = match fraction.split_at_checked(1) {
        Some((_, "")) => return Err(shape()),
        Some((mark, rest)) if whole.contains(mark) || !rest.bytes().all(|b| b.is_ascii_digit()) => return Err(shape()),
        Some((_, rest)) => rest,
        None => "",
    };
    let wanted = usize::try_from(digits).unwrap_or(2);
    if fraction.len() > wanted {
        return Err(MoneyError::Decimals { text: amount.chars().take(40).collect(), currency, digits });
    }
    let mut minor: i64 = 0;
    let mut push = |digit: u8| -> Result<(), MoneyError> {
        let next = minor.checked_mul(10).and_then(|m| m.checked_add(i64::from(digit - b'0')));
        minor = next.filter(|m| *m <= AMOUNT_MINOR_MAX).ok_or(MoneyError::TooLarge)?;
        Ok(())
    };
    if !well_grouped(whole) {
        return Err(shape());
    }
    for digit in whole.bytes().filter(u8::is_ascii_digit) {
        push(digit)?;
    }
    for place in 0..wanted {
        push(fraction.as_bytes().get(place).copied().unwrap_or(b'0'))?;
    }
    Ok(if negative { -minor } else { minor })
}

/// Digits, in groups of three if they are grouped at all (Indian groups of two are accepted too).
fn well_grouped(whole: &str) -> bool {
    let separators = |c: char| matches!(c, '.' | ',' | ' ' | '\'' | '’' | '\u{a0}' | '\u{202f}');
    let groups: Vec<&str> = whole.split(separators).collect();
    let digits = groups.iter().all(|g| !g.is_empty() && g.bytes().all(|b| b.is_ascii_digit()));
    digits
        && groups.iter().skip(1).all(|g| matches!(g.len(), 2 | 3))
        && (groups.len() == 1 || groups.last().is_some_and(|g| g.len() == 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(text: &str) -> Result<i64, MoneyError> {
        text.parse::<Money>().map(|m| m.minor)
    }

    #[test]
    fn prices_read_as_people_write_them() {
        for (text, want) in [
            ("14.90 EUR", 1490),
            ("EUR 14.90", 1490),
            ("14,90 EUR", 1490),
            ("14 EUR", 1400),
            ("14.9 EUR", 1490),
            ("1490 JPY", 1490),
            ("1,490 JPY", 1490),
            ("1.490 JPY", 1490),
            ("1,299.00 USD", 129_900),
            ("1.299,00 EUR", 129_900),
            ("1 299,00 EUR", 129_900),
            ("1'299.00 CHF", 129_900),
            ("1,299 USD", 129_900),
            ("1,23,456.00 INR", 12_345_600),
            ("0.001 KWD", 1),
            ("1.234 KWD", 1234),
            ("-5.00 EUR", -500),
            ("0 EUR", 0),
        ] {
            assert_eq!(minor(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_price_is_refused() {
        for text in [
            "",
            "EUR",
            "14.90",
            "14.90 €UR",
            "1e3 EUR",
            "14.9.0 EUR",
            "14.999 1 EUR",
            "--1 EUR",
            "1,2 JPY",
            "14.905 5 EUR",
            "9999999999999999999 EUR",
            "12,34.5678 EUR",
            "1..2 EUR",
            ". EUR",
            "14. EUR",
            "１４ EUR",
        ] {
            assert!(minor(text).is_err(), "{text:?} gave {:?}", minor(text));
        }
    }

    #[test]
    fn display_and_parse_are_inverse() {
        for (minor, code) in
            [(1490, "EUR"), (5, "EUR"), (-7, "EUR"), (1490, "JPY"), (1, "KWD"), (123_456, "BHD"), (0, "USD")]
        {
            let money = Money::new(minor, Currency::new(code).unwrap()).unwrap();
            assert_eq!(money.to_string().parse::<Money>(), Ok(money), "{money}");
        }
    }

    #[test]
    fn sums_are_checked_and_never_mix() {
        let eur = Currency::new("eur").unwrap();
        let big = Money::new(AMOUNT_MINOR_MAX, eur).unwrap();
        assert_eq!(big.plus(Money { minor: 1, currency: eur }), Err(MoneyError::TooLarge));
        assert_eq!(big.times(u32::MAX), Err(MoneyError::TooLarge));
        assert!(big.plus(Money::zero(Currency::new("USD").unwrap())).is_err());
        assert_eq!(Money { minor: 1495, currency: eur }.basis_points(1000).minor, 150);
    }
}
