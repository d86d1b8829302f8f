//! Line charts as SVG: a pure function from numbers to text.

use std::fmt::Write;

/// One line of a chart.
pub(super) struct Line {
    /// Its name in the legend.
    pub(super) name: String,
    /// From left to right; all positive.
    pub(super) points: Vec<(f64, f64)>,
}

/// A chart with two logarithmic axes: cost that grows as the work grows is a straight line.
pub(super) struct Chart {
    /// Above it.
    pub(super) title: String,
    /// Under the horizontal axis.
    pub(super) across: String,
    /// Beside the vertical axis.
    pub(super) up: String,
    /// Where the horizontal axis has marks, and what they say.
    pub(super) marks: Vec<(f64, String)>,
    /// The lines.
    pub(super) lines: Vec<Line>,
}

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 400.0;
/// Room for titles and axes: left, top, right, bottom.
const ROOM: [f64; 4] = [76.0, 52.0, 190.0, 56.0];
/// Colours that people who confuse red and green can tell apart (Okabe and Ito).
const COLORS: [&str; 8] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f7f7f"];

/// Charts one under the other, as one SVG file; `foot` under them.
pub(super) fn svg(charts: &[Chart], foot: &str) -> String {
    let height = HEIGHT * f64::from(u32::try_from(charts.len()).unwrap_or(u32::MAX)) + 40.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" font-family=\"Inter, Helvetica, Arial, sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let mut top = 0.0;
    for chart in charts {
        // Writing to a string can't fail.
        let _ = writeln!(out, "<g transform=\"translate(0 {top})\">\n{}</g>", one(chart));
        top += HEIGHT;
    }
    let _ =
        writeln!(out, "<text x=\"{}\" y=\"{}\" fill=\"#555\">{}</text>\n</svg>", ROOM[0], top + 20.0, escaped(foot));
    out
}

/// Where values lie along an axis.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        let (low, high) = if low <= high { (low.max(1e-6), high.max(1e-6)) } else { (1.0, 10.0) };
        Self { low: low.ln() - 0.1, high: high.ln() + 0.1, from, to }
    }

    fn place(&self, value: f64) -> f64 {
        self.from + (value.max(1e-6).ln() - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// 1, 2 and 5 times powers of ten within its reach.
    fn marks(&self) -> Vec<f64> {
        let powers = (-6..7).map(|power| 10_f64.powi(power));
        let all = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * power));
        all.filter(|mark| (self.low..=self.high).contains(&mark.ln())).collect()
    }
}

fn one(chart: &Chart) -> String {
    let [left, top, right, bottom] = ROOM;
    let points = || chart.lines.iter().flat_map(|line| line.points.iter().copied());
    let across = Axis::around(points().map(|p| p.0), left, WIDTH - right);
    let up = Axis::around(points().map(|p| p.1), HEIGHT - bottom, top);
    let mut out = String::new();
    let (end, foot) = (WIDTH - right, HEIGHT - bottom);
    let _ = writeln!(
        out,
        "<text x=\"{left}\" y=\"28\" font-size=\"17\" font-weight=\"600\">{}</text>",
        escaped(&chart.title)
    );
    for mark in up.marks() {
        let y = up.place(mark);
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{y:.1}\" x2=\"{end}\" y2=\"{y:.1}\" stroke=\"#e3e3e3\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444\">{mark}</text>",
            left - 8.0,
            y + 4.0
        );
    }
    for (mark, name) in &chart.marks {
        let x = across.place(*mark);
        let _ = writeln!(
            out,
            "<line x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{foot}\" stroke=\"#f0f0f0\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#444\">{}</text>",
            foot + 18.0,
            escaped(name)
        );
    }
    let _ = writeln!(
        out,
        "<path d=\"M{left} {top}V{foot}H{end}\" fill=\"none\" stroke=\"#333\"/>\
         <text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#222\">{}</text>\
         <text transform=\"translate(20 {:.1}) rotate(-90)\" text-anchor=\"middle\" fill=\"#222\">{}</text>",
        f64::midpoint(left, end),
        foot + 42.0,
        escaped(&chart.across),
        f64::midpoint(top, foot),
        escaped(&chart.up)
    );
    for (index, line) in chart.lines.iter().enumerate() {
        let color = COLORS[index % COLORS.len()];
        let path: Vec<String> =
            line.points.iter().map(|(x, y)| format!("{:.1},{:.1}", across.place(*x), up.place(*y))).collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        for point in &path {
            let (x, y) = point.split_once(',').unwrap_or_default();
            let _ = writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"{color}\"/>");
        }
        let y = top + 14.0 + 20.0 * f64::from(u32::try_from(index).unwrap_or(0));
        let _ = writeln!(
            out,
            "<rect x=\"{}\" y=\"{}\" width=\"14\" height=\"4\" fill=\"{color}\"/><text x=\"{}\" y=\"{y}\">{}</text>",
            end + 16.0,
            y - 6.0,
            end + 36.0,
            escaped(&line.name)
        );
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_lies_inside_and_has_its_name() {
        let line = |name: &str, points: &[(f64, f64)]| Line { name: name.to_owned(), points: points.to_vec() };
        let chart = Chart {
            title: "a < b".to_owned(),
            across: "layers".to_owned(),
            up: "ms".to_owned(),
            marks: vec![(1.0, "1".to_owned()), (64.0, "64".to_owned())],
            lines: vec![line("one", &[(1.0, 0.2), (64.0, 12.0)]), line("two", &[(1.0, 0.1)]), line("none", &[])],
        };
        let text = svg(&[chart], "foot");
        assert!(text.contains("a &lt; b") && text.contains(">two<") && text.matches("<polyline").count() == 3);
        let tree = text.split("cx=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse::<f64>().ok());
        assert!(tree.clone().count() == 3 && tree.into_iter().all(|x| (ROOM[0]..=WIDTH - ROOM[2]).contains(&x)));
    }
}
