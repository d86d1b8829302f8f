//! The result: one row a method and axis, for reading and for machines.

use crate::Skip;
use crate::methods::Method;
use crate::metrics::Scores;
use crate::truth::Axis;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One method on one axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The axis.
    pub axis: String,
    /// The method.
    pub method: Method,
    /// The method's name for people.
    pub name: String,
    /// The settings that were found, in the method's own units; empty where none were searched.
    pub knobs: Vec<f32>,
    /// The figures, if it ran.
    pub scores: Option<Scores>,
    /// Why it did not run.
    pub skipped: Option<String>,
}

impl Row {
    pub(crate) fn skipped(axis: &Axis, method: Method, why: &Skip) -> Self {
        Self {
            axis: axis.name.to_owned(),
            method,
            name: method.name().to_owned(),
            knobs: Vec::new(),
            scores: None,
            skipped: Some(why.to_string()),
        }
    }
}

/// All rows. Printing it gives the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// In the order they were measured: by axis, then by method.
    pub rows: Vec<Row>,
}

impl Table {
    /// The figures of `method` on `axis`.
    #[must_use]
    pub fn scores(&self, axis: &str, method: Method) -> Option<&Scores> {
        self.rows.iter().find(|row| row.axis == axis && row.method == method)?.scores.as_ref()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:19} {:20}", self.axis, self.name)?;
        match (&self.scores, &self.skipped) {
            (Some(s), _) => write!(
                f,
                "{:8.2} {:8.2} {:8.2} {:8.2} {:8.2} {:8.2} {:8.2} {:8.2}  {:?}",
                s.psnr_db, s.psnr_on_air_db, s.edge_mse, s.sad, s.mse, s.gradient, s.residue, s.flicker, self.knobs
            ),
            (None, why) => write!(f, " skipped: {}", why.as_deref().unwrap_or("no reason")),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:19} {:20}{:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}  settings",
            "axis", "method", "PSNR dB", "on air", "edge·10³", "SAD·10³", "MSE·10³", "grad·10³", "resid.", "flicker"
        )?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}
