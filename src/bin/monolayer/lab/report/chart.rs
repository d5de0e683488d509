//! Charts as SVG. A unit is a pixel at the width of a phone; the style sheet has the colours.

use super::html::escaped;
use super::scale::Scale;

/// The width of every chart.
pub(super) const WIDTH: f64 = 400.0;

/// Space above the topmost line and right of the last.
const MARGIN: f64 = 12.0;

/// Space below an axis, for its labels and its name.
const BELOW: f64 = 38.0;

/// Approximate width of a character of a label.
const CHARACTER: f64 = 7.0;

/// A series is told by its shape as well as by its colour, for people who cannot tell the colours apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Ours, or training.
    First,
    /// Validation, or the reference.
    Second,
    /// Test, or the re-run.
    Third,
    /// A single run.
    Small,
    /// A range.
    Bar,
}

impl Mark {
    /// The class in the style sheet.
    fn class(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Third => "third",
            Self::Small => "small",
            Self::Bar => "bar",
        }
    }

    /// The shape at a point, with a tooltip.
    pub(super) fn shape(self, x: f64, y: f64, title: &str) -> String {
        let class = self.class();
        let shape = match self {
            Self::First => format!("circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.6\""),
            Self::Second => {
                format!("path d=\"M{x:.1} {:.1}l4.6 4.6l-4.6 4.6l-4.6 -4.6z\"", y - 4.6)
            }
            Self::Third => format!("rect x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\"", x - 3.0, y - 3.0),
            Self::Small => format!("circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.8\""),
            Self::Bar => format!("path d=\"M{x:.1} {:.1}v10\"", y - 5.0),
        };
        let name = shape.split(' ').next().unwrap_or_default();
        match title.is_empty() {
            true => format!("<{shape} class=\"mark {class}\"/>\n"),
            false => format!("<{shape} class=\"mark {class}\"><title>{}</title></{name}>\n", escaped(title)),
        }
    }

    /// An entry of the legend; with a piece of line for a curve.
    pub(super) fn key(self, meaning: &str, curve: bool) -> String {
        let line = match curve {
            true => format!("<path class=\"curve {}\" d=\"M0 6h26\"/>", self.class()),
            false => String::new(),
        };
        let (width, mark) =
            (if curve { 26 } else { 12 }, self.shape(if curve { 13.0 } else { 6.0 }, 6.0, ""));
        format!(
            "<span class=\"key\"><svg viewBox=\"0 0 {width} 12\" width=\"{width}\" height=\"12\" \
             aria-hidden=\"true\">\
             {line}{mark}</svg>{}</span>\n",
            escaped(meaning)
        )
    }
}

/// The legend, from its entries.
pub(super) fn legend(keys: &str) -> String {
    format!("<p class=\"legend\">{keys}</p>\n")
}

/// A chart with its title and the HTML between them.
pub(super) fn figure(title: &str, above: &str, svg: &str) -> String {
    format!("<figure>\n<figcaption>{}</figcaption>\n{above}{svg}</figure>\n", escaped(title))
}

/// A curve.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    pub mark: Mark,
    pub meaning: String,
    /// The curve is broken where y is missing (NaN) or not drawable.
    pub points: Vec<(f64, f64)>,
}

/// A chart of curves over one x axis.
#[derive(Clone, Debug)]
pub(super) struct Curves<'a> {
    pub title: &'a str,
    /// Names of x and y, with units.
    pub names: [&'a str; 2],
    pub curves: Vec<Curve>,
}

/// A curve of more points than this has a mark only at the last.
const MOST_MARKS: usize = 40;

impl Curves<'_> {
    /// The figure.
    pub(super) fn figure(&self) -> String {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let x = Scale::linear(points().map(|point| point.0), 6, true);
        let y = Scale::fitting(points().map(|point| point.1), 5);
        let [x_name, y_name] = self.names;
        let y_name = if y.is_log() { format!("{y_name}, log scale") } else { y_name.into() };
        let plane = Plane::new(x, y, 240.0);
        let mut body = plane.axes(x_name, &y_name);
        for curve in &self.curves {
            body += &plane.curve(curve, self.names);
        }
        let keys: String = self.curves.iter().map(|curve| curve.mark.key(&curve.meaning, true)).collect();
        figure(self.title, &legend(&keys), &plane.svg(self.title, &body))
    }
}

/// Two axes and the rectangle between them.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    x: Scale,
    y: Scale,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Plane {
    /// A chart of that height, with space for the labels of y and for its name above them.
    pub(super) fn new(x: Scale, y: Scale, height: f64) -> Self {
        let longest = y.ticks().map(|(_, text)| text.len()).max().unwrap_or(0);
        let left = longest as f64 * CHARACTER + 12.0;
        Self { x, y, left, top: 26.0, right: WIDTH - MARGIN, bottom: height - BELOW }
    }

    /// A point's place in the chart.
    pub(super) fn at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = (self.x.place(x)?, self.y.place(y)?);
        Some((self.left + x * (self.right - self.left), self.bottom - y * (self.bottom - self.top)))
    }

    /// Lines and labels at the ticks, and the axes' names.
    pub(super) fn axes(&self, x_name: &str, y_name: &str) -> String {
        let mut out = String::new();
        for (tick, text) in self.y.ticks() {
            let Some(place) = self.y.place(tick) else { continue };
            let y = self.bottom - place * (self.bottom - self.top);
            out += &format!("<path class=\"grid\" d=\"M{:.1} {y:.1}H{:.1}\"/>", self.left, self.right);
            out += &format!(
                "<text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>\n",
                self.left - 6.0,
                y + 4.0
            );
        }
        out += &x_axis(&self.x, (self.left, self.right), (self.bottom, self.bottom + 4.0), x_name);
        out + &format!("<text class=\"name\" x=\"0\" y=\"12\">{}</text>\n", escaped(y_name))
    }

    fn curve(&self, curve: &Curve, [x_name, _]: [&str; 2]) -> String {
        let (mut path, mut marks, mut pen) = (String::new(), String::new(), 'M');
        let last = curve.points.iter().rposition(|&(x, y)| self.at(x, y).is_some());
        for (index, &(x, y)) in curve.points.iter().enumerate() {
            let Some((left, top)) = self.at(x, y) else {
                pen = 'M';
                continue;
            };
            path += &format!("{pen}{left:.1} {top:.1}");
            pen = 'L';
            if curve.points.len() <= MOST_MARKS || Some(index) == last {
                let title = format!("{}: {y:.5} ({x_name} {x})", curve.meaning);
                marks += &curve.mark.shape(left, top, &title);
            }
        }
        format!("<path class=\"curve {}\" d=\"{path}\"/>\n{marks}", curve.mark.class())
    }

    /// The chart as SVG.
    pub(super) fn svg(&self, label: &str, body: &str) -> String {
        svg(self.bottom + BELOW, label, body)
    }
}

/// An SVG of that height.
fn svg(height: f64, label: &str, body: &str) -> String {
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{}\">\n{body}</svg>\n",
        escaped(label)
    )
}

/// Vertical lines and labels at the ticks of x, and its name.
fn x_axis(scale: &Scale, (left, right): (f64, f64), (top, bottom): (f64, f64), name: &str) -> String {
    let mut out = String::new();
    let mut free = f64::NEG_INFINITY;
    for (tick, text) in scale.ticks() {
        let Some(place) = scale.place(tick) else { continue };
        let x = left + place * (right - left);
        out += &format!("<path class=\"grid\" d=\"M{x:.1} {top:.1}V{bottom:.1}\"/>");
        // Labels that would touch the one before, or the chart's edge, are left out.
        let half = text.len() as f64 * CHARACTER / 2.0;
        if x - half > free && x + half <= WIDTH {
            out += &format!("<text class=\"middle\" x=\"{x:.1}\" y=\"{:.1}\">{text}</text>\n", bottom + 12.0);
            free = x + half + 2.0;
        }
    }
    out + &format!(
        "<text class=\"name end\" x=\"{right:.1}\" y=\"{:.1}\">{}</text>\n",
        bottom + 29.0,
        escaped(name)
    )
}

/// A row of a dot plot.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub label: String,
    /// In the order in which they are drawn.
    pub dots: Vec<(Mark, f64)>,
}

/// The height of such a row.
const ROW: f64 = 22.0;

/// A dot plot: labels to the left, values along x.
pub(super) fn dots(label: &str, [row_name, name]: [&str; 2], rows: &[Row], whole: bool) -> String {
    let scale = Scale::linear(rows.iter().flat_map(|row| &row.dots).map(|dot| dot.1), 4, whole);
    let longest = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
    let longest = longest.max(row_name.len()) as f64;
    let (left, right, top) = (longest * CHARACTER + 10.0, WIDTH - 18.0, 20.0);
    let bottom = top + rows.len() as f64 * ROW;
    let mut body = x_axis(&scale, (left, right), (top, bottom + 4.0), name);
    body += &format!("<text class=\"name\" x=\"0\" y=\"12\">{}</text>\n", escaped(row_name));
    let mut y = top;
    for Row { label, dots } in rows {
        let middle = y + ROW / 2.0;
        body += &format!("<text x=\"0\" y=\"{:.1}\">{}</text>", middle + 4.0, escaped(label));
        body += &format!("<path class=\"grid\" d=\"M{left:.1} {middle:.1}H{right:.1}\"/>\n");
        for &(mark, value) in dots {
            if let Some(place) = scale.place(value) {
                let value = if whole { format!("{value}") } else { format!("{value:.5}") };
                body += &mark.shape(left + place * (right - left), middle, &format!("{label}: {value}"));
            }
        }
        y += ROW;
    }
    svg(bottom + BELOW, label, &body)
}
