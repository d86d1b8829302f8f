//! Values with a unit, as people write them: colours, lengths, times, money.

use super::base::{Between, bad_text, number, text_of};
use super::reader::{Cx, Read, Rule, Value};
use crate::draw::Color;
use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

/// A length on a canvas or a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// Pixels.
    Px(f32),
    /// Per cent of the canvas (or picture) along the same axis.
    Percent(f32),
}

impl Length {
    /// In pixels, of something `whole` pixels long.
    #[must_use]
    pub fn of(self, whole: f32) -> f32 {
        match self {
            Self::Px(px) => px,
            Self::Percent(percent) => whole * percent / 100.0,
        }
    }
}

/// Lengths stay within this, so that no sum of them loses its pixels.
const LENGTH_MAX: f64 = 32_768.0;

impl Read for Length {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        const HELP: &str = "write pixels as a number (24) or per cent as a text (\"30%\")";
        let range = Between(-LENGTH_MAX..=LENGTH_MAX);
        if number(value).is_some() {
            return Rule::<f32>::read(&range, value, cx).map(Self::Px);
        }
        let text = text_of(value, "a length", cx)?;
        let percent = text.strip_suffix('%').and_then(|n| n.trim().parse::<f32>().ok()).filter(|n| n.is_finite());
        match percent {
            Some(percent) if percent.abs() <= 1_000.0 => Some(Self::Percent(percent)),
            Some(_) => {
                cx.problem(value.span(), "FILE_RANGE", "this per cent is out of range", "use -1000% to 1000%");
                None
            }
            None => {
                bad_text(value, text, "FILE_LENGTH_UNIT", HELP, cx);
                None
            }
        }
    }
    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "number" }, { "type": "string", "pattern": "^-?[0-9.]+ *%$" }] })
    }
}

/// Reads `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`.
#[must_use]
pub fn parse_color(text: &str) -> Option<Color> {
    let hex = text.strip_prefix('#')?;
    if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let n = u32::from_str_radix(hex, 16).ok()?;
    let short = |shift: u32| u8::try_from((n >> shift) & 0xF).unwrap_or(0) * 17;
    let long = |shift: u32| u8::try_from((n >> shift) & 0xFF).unwrap_or(0);
    match hex.len() {
        3 => Some(Color { r: short(8), g: short(4), b: short(0), a: 255 }),
        4 => Some(Color { r: short(12), g: short(8), b: short(4), a: short(0) }),
        6 => Some(Color { r: long(16), g: long(8), b: long(0), a: 255 }),
        8 => Some(Color { r: long(24), g: long(16), b: long(8), a: long(0) }),
        _ => None,
    }
}

impl Read for Color {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        let text = text_of(value, "a colour", cx)?;
        let color = parse_color(text);
        if color.is_none() {
            bad_text(value, text, "FILE_COLOR", "write a colour as \"#rgb\", \"#rrggbb\" or \"#rrggbbaa\"", cx);
        }
        color
    }
    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$" })
    }
}

/// A stretch of time as people write it: `"1.5s"`, `"250ms"`, `"2m"`, `"1h30m"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

/// Reads a stretch of time.
#[must_use]
pub fn parse_millis(text: &str) -> Option<Millis> {
    let mut rest = text.trim();
    let mut total: f64 = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (count, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, next) = after.split_at(letters);
        let factor = match unit {
            "ms" => 1.0,
            "s" => 1_000.0,
            "m" | "min" => 60_000.0,
            "h" => 3_600_000.0,
            _ => return None,
        };
        total += count.parse::<f64>().ok()? * factor;
        rest = next.trim_start();
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and below 2^53")]
    (total <= 1e12).then_some(Millis(total.round() as u64))
}

impl Read for Millis {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        const HELP: &str = "write a time as \"1.5s\", \"250ms\", \"2m\" or \"1h30m\"";
        if let DeValue::Integer(_) | DeValue::Float(_) = value.get_ref() {
            cx.problem(value.span(), "FILE_DURATION", "a time needs its unit", HELP);
            return None;
        }
        let text = text_of(value, "a time", cx)?;
        let millis = parse_millis(text);
        if millis.is_none() {
            bad_text(value, text, "FILE_DURATION", HELP, cx);
        }
        millis
    }
    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^([0-9.]+ *(ms|s|m|min|h) *)+$" })
    }
}

/// A price as the file says it: a whole number of the currency's smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Price {
    /// Cents, or whatever the currency's smallest unit is. Never negative.
    pub minor: i64,
    /// ISO 4217 code in capitals.
    pub currency: [u8; 3],
}

impl Price {
    /// The currency's code.
    #[must_use]
    pub fn currency(&self) -> &str {
        std::str::from_utf8(&self.currency).unwrap_or("XXX")
    }
}

/// Decimals of a currency (ISO 4217).
#[must_use]
pub const fn currency_decimals(code: [u8; 3]) -> u32 {
    match &code {
        b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX" | b"UYI"
        | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
        b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
        _ => 2,
    }
}

/// Reads `14.90 EUR`, `1500 JPY`. Decimals must be as many as the currency has, or none.
#[must_use]
pub fn parse_price(text: &str) -> Option<Price> {
    let (amount, code) = text.trim().split_once(' ')?;
    let currency: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
    if !currency.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    let decimals = usize::try_from(currency_decimals(currency)).ok()?;
    let (whole, part) = amount.split_once('.').map_or((amount, None), |(whole, part)| (whole, Some(part)));
    let digits = |text: &str| !text.is_empty() && text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || part.is_some_and(|part| !digits(part) || part.len() != decimals) {
        return None;
    }
    let unit = 10_i64.checked_pow(u32::try_from(decimals).ok()?)?;
    let cents = part.map_or(Some(0), |part| part.parse::<i64>().ok())?;
    let minor = whole.parse::<i64>().ok()?.checked_mul(unit)?.checked_add(cents)?;
    Some(Price { minor, currency })
}

impl Read for Price {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        const HELP: &str = "write a price as amount and currency: \"14.90 EUR\", \"1500 JPY\"";
        if let DeValue::Integer(_) | DeValue::Float(_) = value.get_ref() {
            cx.problem(value.span(), "FILE_MONEY", "a price needs its currency", HELP);
            return None;
        }
        let text = text_of(value, "a price", cx)?;
        let price = parse_price(text);
        if price.is_none() {
            bad_text(value, text, "FILE_MONEY", HELP, cx);
        }
        price
    }
    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? [A-Z]{3}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_in_all_four_forms() {
        assert_eq!(parse_color("#0008"), Some(Color { r: 0, g: 0, b: 0, a: 0x88 }));
        assert_eq!(parse_color("#4ba05a"), Some(Color { r: 0x4b, g: 0xa0, b: 0x5a, a: 255 }));
        assert_eq!(parse_color("#4ba05a80").map(|c| c.a), Some(0x80));
        for bad in ["4ba05a", "#12", "#12345", "#ggg", "#+12", "#", "red", "#éé"] {
            assert_eq!(parse_color(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_and_prices() {
        assert_eq!(parse_millis("1h30m"), Some(Millis(5_400_000)));
        assert_eq!(parse_millis("1.5s"), Some(Millis(1500)));
        for bad in ["", "5", "s", "1x", "1.2.3s", "-1s"] {
            assert_eq!(parse_millis(bad), None, "{bad}");
        }
        assert_eq!(parse_price("14.90 EUR").map(|p| p.minor), Some(1490));
        assert_eq!(parse_price("1500 JPY").map(|p| p.minor), Some(1500));
        assert_eq!(parse_price("1.250 KWD").map(|p| p.minor), Some(1250));
        for bad in ["14.9 EUR", "14,90 EUR", "EUR 14.90", "14.90", "-1.00 EUR", "1.5 JPY", "14.90 eur", ". EUR"] {
            assert_eq!(parse_price(bad), None, "{bad}");
        }
    }
}
