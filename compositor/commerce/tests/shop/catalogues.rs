//! Catalogues from files.

use super::house::House;
use vitrine_commerce::{Command, Currency, import};

fn read(text: &str) -> Result<import::Catalogue, Vec<String>> {
    import::catalogue(text, Currency::EUR).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

#[test]
fn a_plain_file_gives_products_stock_variants_and_bundles() {
    let text = "SKU,Title,Price,Stock,variant_of,options,parts,cap\r\n\
        MUG,\"Mug, blue\",14.90,12,,,,\r\n\
        MUG-L,Mug large,\"16,90 EUR\",3,MUG,Size: L | Colour: blue,,2\r\n\
        SET,Set,25 EUR,,,,MUG x2 | MUG-L,\r\n";
    let catalogue = read(text).unwrap();
    assert_eq!(catalogue.products[0].title, "Mug, blue");
    assert_eq!(catalogue.products[1].price.minor, 1690);
    assert_eq!(catalogue.products[1].options[1].value, "blue");
    assert_eq!(catalogue.products[2].parts[0].qty, 2);
    assert_eq!(catalogue.stock.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [12, 3]);
    let mut house = House::new();
    house.ok(Command::PutProducts { products: catalogue.products.clone() });
    // The mug has been on a shelf before, the large one has not.
    let answers: Vec<_> = catalogue.commands().into_iter().map(|command| house.submit(command)).collect();
    assert_eq!(answers[1].as_ref().unwrap_err().code(), "STALE");
    assert_eq!((house.counters("MUG")[0], house.counters("MUG-L")[0]), (2, 3));
}

#[test]
fn every_fault_is_told_with_its_line() {
    let text = "sku;title;price;stock\n;x;1\nA;\"a\nb\";14.905 5\nB;b;2.00;-3\nB;b;2.00;1\nC;c;2.00 USD;1\n";
    let errors = read(text).unwrap_err();
    assert_eq!(errors.len(), 3, "{errors:#?}");
    assert!(errors[0].starts_with("line 2: sku: "), "{errors:#?}");
    assert!(errors[1].starts_with("line 3: price: "), "{errors:#?}");
    assert!(errors[2].starts_with("line 5: stock: "), "{errors:#?}");
    assert!(read("sku,title,price\nA,a,1\nA,b,2\n").unwrap_err()[0].contains("line 3: SKU A was on line 2"));
    assert!(
        read("").is_err()
            && read("name,cost\n").is_err()
            && read("sku,price\n\"A,1\n").unwrap_err()[0].starts_with("line 2")
    );
}

#[test]
fn a_shopify_export_gives_variants_of_one_product() {
    let text = "Handle,Title,Body (HTML),Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,\
        Variant Inventory Qty,Variant Price,Variant Barcode,Image Src,Variant Image,Status\n\
        mug,Mug,\"<p>Blue &amp; <b>round</b></p><ul><li>0.3 l</li></ul><script>x</script>\",true,Size,S,Colour,Blue,M-S,5,14.90,'0123,https://x/a.png,,active\n\
        mug,,,,,L,,Blue,M-L,-2,\"16.90\",,,https://x/b.png,\n\
        mug,,,,,,,,,,,,https://x/c.png,,\n\
        tea,Tea,,true,Title,Default Title,,,,7,4.00,,,,draft\n";
    let catalogue = read(text).unwrap();
    let [small, large, tea] = catalogue.products.as_slice() else { panic!("{catalogue:#?}") };
    assert_eq!((small.title.as_str(), small.price.minor), ("Mug – S / Blue", 1490));
    assert_eq!(small.description, "Blue & round\n0.3 l\nx");
    assert_eq!((small.barcode.as_deref(), small.image.as_deref()), (Some("0123"), Some("https://x/a.png")));
    assert_eq!((large.variant_of.as_ref(), large.image.as_deref()), (Some(&small.sku), Some("https://x/b.png")));
    assert_eq!((tea.sku.as_str(), tea.title.as_str(), tea.listed), ("tea", "Tea", false));
    assert_eq!(catalogue.stock.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [5, 0, 7]);
}

#[test]
fn no_file_panics() {
    let good = "sku,title,price,stock\nMUG,\"Mug, \"\"blue\"\"\",14.90 EUR,12\nTEA,Tea,4,5\n";
    for at in 0..good.len() {
        for byte in [b'"', b'\n', b',', 0xff, b'-', b'9', 0] {
            let mut bytes = good.as_bytes().to_vec();
            bytes[at] = byte;
            let _ = read(&String::from_utf8_lossy(&bytes));
        }
        let _ = read(&good[..at]);
    }
}
