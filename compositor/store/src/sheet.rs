//! A Parquet file, written a group of rows at a time: plain columns, Snappy, texts and instants as their logical types.

use crate::StoreError;
use crate::conn::Cell;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::io::Write;
use std::sync::Arc;

/// Rows of one group: a few megabytes of memory, and large enough to compress well.
const GROUP_ROWS: usize = 20_000;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    /// Milliseconds since the epoch.
    Instant,
}

/// Names and kinds, in order.
pub(crate) type Columns = &'static [(&'static str, Kind)];

/// A file in the making.
pub(crate) struct Sheet<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Columns,
    rows: Vec<Vec<Cell>>,
}

impl<W: Write + Send> Sheet<W> {
    pub(crate) fn new(to: W, columns: Columns) -> Result<Self, StoreError> {
        let field = |(name, kind): &(&str, Kind)| match kind {
            Kind::Text => format!("REQUIRED BYTE_ARRAY {name} (UTF8);"),
            Kind::Number => format!("REQUIRED INT64 {name};"),
            Kind::Instant => format!("REQUIRED INT64 {name} (TIMESTAMP_MILLIS);"),
        };
        let fields: Vec<String> = columns.iter().map(field).collect();
        let schema = Arc::new(parse_message_type(&format!("message vitrine {{ {} }}", fields.join(" ")))?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let file = SerializedFileWriter::new(to, schema, Arc::new(properties))?;
        Ok(Self { file, columns, rows: Vec::new() })
    }

    pub(crate) fn push(&mut self, row: Vec<Cell>) -> Result<(), StoreError> {
        self.rows.push(row);
        if self.rows.len() >= GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    pub(crate) fn end(mut self) -> Result<(), StoreError> {
        self.flush()?;
        self.file.close()?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.file.next_row_group()?;
        for (at, (_, kind)) in self.columns.iter().enumerate() {
            let Some(mut column) = group.next_column()? else { break };
            let cells = rows.iter().filter_map(|row| row.get(at));
            if *kind == Kind::Text {
                let texts: Vec<ByteArray> = cells.map(text).collect();
                column.typed::<ByteArrayType>().write_batch(&texts, None, None)?;
            } else {
                let numbers: Vec<i64> = cells.map(number).collect();
                column.typed::<Int64Type>().write_batch(&numbers, None, None)?;
            }
            column.close()?;
        }
        group.close()?;
        Ok(())
    }
}

fn text(cell: &Cell) -> ByteArray {
    match cell {
        Cell::Text(text) => ByteArray::from(text.as_ref()),
        Cell::Int(number) => ByteArray::from(number.to_string().as_str()),
    }
}

const fn number(cell: &Cell) -> i64 {
    match cell {
        Cell::Int(number) => *number,
        Cell::Text(_) => 0,
    }
}
