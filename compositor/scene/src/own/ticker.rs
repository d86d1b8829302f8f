//! The ticker: one line of news that runs along the picture.

use super::part::{ACCENT, PANEL, Part};
use crate::overlay::{Node, Paint, Shape, TextNode, TextSrc, Token};
use crate::raster::Align;

/// Unit of the layout: pixels of a 1080p design. As wide as the picture.
pub(super) const TICKER: (f32, f32) = (1_920.0, 64.0);
/// Height of the line in the accent colour above the bar.
const EDGE: f32 = 4.0;

pub(super) fn ticker(texts: &[String]) -> Vec<Node> {
    let mut part = Part::new(TICKER);
    part.block([0.0, 0.0, TICKER.0, TICKER.1], true, PANEL, 0.0, false);
    part.block([0.0, 0.0, TICKER.0, EDGE], true, ACCENT, 0.0, false);
    let text = TextNode {
        src: TextSrc::Marquee(texts.to_vec()),
        font: String::new(),
        size: 30.0,
        weight: 500,
        color: Paint::Token(Token::Ink),
        align: Align::Start,
        lines_max: 1,
    };
    part.add([0.0, EDGE, TICKER.0, TICKER.1 - EDGE], true, Shape::Text(text));
    part.nodes
}

#[cfg(test)]
mod tests {
    use super::super::{Face, Own, wanted};
    use crate::overlay::Layer;
    use vitrine_media::ShowTime;

    const FILE: &str = "vitrine = 1\nname = \"Shop\"\n[[canvas]]\nname = \"main\"\nsize = [640, 360]\n\
        [[scene]]\nname = \"A\"\n[[scene.layer]]\nticker = [\"Free shipping\", \"New at 8\"]\n\
        [[overlay]]\nname = \"news\"\nticker = [\"Sold out soon\"]\n";

    #[test]
    fn tickers_of_scenes_and_overlays_are_drawn_as_the_file_says() {
        let file = crate::file::parse(FILE, "show.toml").unwrap();
        let tickers: Vec<Own> = wanted(&file).into_iter().collect();
        assert_eq!(tickers.len(), 2, "{tickers:?}");
        assert_ne!(tickers[0].slot(), tickers[1].slot());
        for own in tickers {
            let mut layer = Layer::new(own.size());
            layer.commit(&own.ops(&Face::Told), ShowTime::ZERO).unwrap();
            assert_eq!(layer.nodes(), 3);
        }
    }
}
