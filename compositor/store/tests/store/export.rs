//! What is exported reads back: Parquet text by text, CSV without a cell that a spreadsheet would run. The titles are
//! the naughty strings.

use super::world::{World, captured, hold, on_both, product, put, receive};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, RowAccessor};
use vitrine_commerce::{Product, csv};
use vitrine_store::Format;

const NAUGHTY: &str = include_str!("../../../../tests/fixtures/naughty.json");

/// Sells a product under each title that the shop takes; gives these titles.
async fn sell_naughty(world: &World) -> Vec<String> {
    let naughty: Vec<String> = serde_json::from_str(NAUGHTY).unwrap();
    let (mut taken, mut refused) = (Vec::new(), 0);
    for title in naughty {
        let (sku, key) = (format!("N{}", taken.len()), format!("put-{}", taken.len() + refused));
        let naughty = Product { title: title.clone(), ..product(&sku, 1490) };
        match world.submit(&key, put(&[naughty])).await {
            Ok(_) => {}
            Err(refusal) => {
                assert!(matches!(refusal.code(), "FIELD_INVALID" | "PRODUCT_INVALID"), "{title:?}: {refusal}");
                refused += 1;
                continue;
            }
        }
        world.ok(&format!("receive-{sku}"), receive(&sku, 2)).await;
        let order = format!("o{:03}", taken.len());
        world.ok(&order, hold(&order, "ann", &[(&sku, 1)])).await;
        world.ok(&format!("{order}-paid"), captured(&order, 1490)).await;
        taken.push(title);
    }
    assert!(taken.len() > 60 && refused > 0, "{} taken, {refused} refused", taken.len());
    taken
}

#[test]
fn orders_and_ledger_read_back_whatever_the_titles_are() {
    on_both(|url| async move {
        let world = World::open(&url).await;
        let titles = sell_naughty(&world).await;

        let mut file = Vec::new();
        let count = vitrine_store::orders(&url, Format::Parquet, &mut file).await.unwrap();
        assert_eq!(count, u64::try_from(titles.len()).unwrap());
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let read: Vec<&str> = rows.iter().map(|row| row.get_string(7).unwrap().as_str()).collect();
        assert_eq!(read, titles);
        let created = rows[0].get_column_iter().find(|(name, _)| *name == "created_ms").unwrap().1;
        assert_eq!(*created, Field::TimestampMillis(i64::try_from(world.now_ms()).unwrap()));
        assert_eq!((rows[0].get_long(12).unwrap(), rows[0].get_string(14).unwrap().as_str()), (1490, "EUR"));

        let mut file = Vec::new();
        let lines = vitrine_store::ledger(&url, Format::Parquet, &mut file).await.unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        assert_eq!(u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap(), lines);
        let held: i64 = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().get_long(7).unwrap()).sum();
        assert_eq!(held, 0, "what was held was paid");
        assert_eq!(lines, vitrine_store::check(&url).await.unwrap().ledger_lines);

        let mut file = Vec::new();
        vitrine_store::orders(&url, Format::Csv, &mut file).await.unwrap();
        let records = csv::parse(&String::from_utf8(file).unwrap(), ',').unwrap();
        assert_eq!(records.len(), titles.len() + 1);
        for (record, title) in records[1..].iter().zip(&titles) {
            let cell = &record.fields[7];
            assert!(cell == title || *cell == format!("'{title}"), "{title:?} became {cell:?}");
            assert!(!cell.trim_start().starts_with(['=', '@']), "{title:?} became {cell:?}");
            let number = cell.parse::<f64>().is_ok();
            assert!(number || !cell.trim_start().starts_with(['+', '-']), "{title:?} became {cell:?}");
        }
        world.audit().await;
        world.close().await;
    });
}
