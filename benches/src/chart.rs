//! Draws how the time of a decision grows with the rules: both axes logarithmic, one curve
//! for each contestant.

use std::path::Path;

use plotters::prelude::*;

use placet_bench::measure::{Entry, Figures, Form, Outcome};
use placet_bench::report;

const COLORS: [RGBColor; 7] = [
    RGBColor(140, 140, 140),
    RGBColor(214, 39, 40),
    RGBColor(31, 119, 180),
    RGBColor(44, 160, 44),
    RGBColor(255, 127, 14),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
];

/// One curve: a name, a colour, and by number of rules a time in nanoseconds.
type Curve<'a> = (&'a str, RGBColor, Vec<(f64, f64)>);

/// Draws the median of one form of requests.
pub fn draw(
    entries: &[Entry],
    title: &str,
    of: impl Fn(&Figures) -> Form,
    file: &Path,
) -> Result<(), String> {
    let mut curves: Vec<Curve> = Vec::new();
    for entry in entries {
        let Outcome::Measured(figures) = &entry.outcome else {
            continue;
        };
        let point = (entry.rules as f64, of(figures).p50.max(1.0));
        let name = entry.name.as_str();
        match curves.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, _, points)) => points.push(point),
            None => curves.push((name, COLORS[curves.len() % COLORS.len()], vec![point])),
        }
    }
    plot(&curves, title, file).map_err(|error| error.to_string())
}

fn plot(curves: &[Curve], title: &str, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let points = || curves.iter().flat_map(|(_, _, points)| points);
    let least = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(1.0, f64::max);
    let (left, right) = (least(|point| point.0), most(|point| point.0));
    let (low, high) = (least(|point| point.1) / 2.0, most(|point| point.1) * 2.0);
    let root = SVGBackend::new(file, (860, 520)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .margin_right(130)
        .x_label_area_size(44)
        .y_label_area_size(76)
        .build_cartesian_2d((left..right).log_scale(), (low..high).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(225, 225, 225))
        .x_desc("rules")
        .y_desc("median time of a decision")
        .x_label_formatter(&|rules| report::count(rules.round() as usize))
        .y_label_formatter(&|nanos| report::time(*nanos))
        .label_style(("sans-serif", 14))
        .draw()?;
    // Names beside the ends of their curves, moved apart where they would overlap.
    let mut ends: Vec<(f64, f64, &str, RGBColor)> = Vec::new();
    for (name, color, points) in curves {
        chart.draw_series(LineSeries::new(
            points.iter().copied(),
            color.stroke_width(2),
        ))?;
        chart.draw_series(
            points
                .iter()
                .map(|point| Circle::new(*point, 3, color.filled())),
        )?;
        if let Some((x, y)) = points.last() {
            ends.push((*x, *y, name, *color));
        }
    }
    ends.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut last = i32::MIN / 2;
    for (x, y, name, color) in ends {
        let (x, y) = chart.backend_coord(&(x, y));
        let y = y.max(last + 15);
        last = y;
        let style = ("sans-serif", 14).into_font().color(&color);
        root.draw(&Text::new(name.to_owned(), (x + 8, y - 7), style))?;
    }
    root.present()?;
    Ok(())
}
