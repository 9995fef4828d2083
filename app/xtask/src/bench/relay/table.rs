//! Medians and ratios, as a Markdown table.

use super::Measured;
use super::parts::Part;

/// One line of the table.
pub struct Row {
    title: String,
    /// The median of each server.
    medians: Vec<Option<f64>>,
    /// The median of the ratios of the first server to each other one in the same run.
    ratios: Vec<Option<f64>>,
}

/// Returns the lines of a part that was run some times with the first of so many servers, or all.
pub fn rows(part: &Part, runs: &[Measured], servers: usize) -> Vec<Row> {
    let row = |(title, place): &(&str, &str)| {
        let figure = |run: &Measured, server: usize| run.get(server)?.as_ref()?.pointer(place)?.as_f64();
        let medians = (0..servers).map(|server| median(runs.iter().filter_map(|run| figure(run, server))));
        let ratio =
            |run: &Measured, server| Some(figure(run, 0)? / figure(run, server)?).filter(|ratio| ratio.is_finite());
        let ratios = (1..servers).map(|server| median(runs.iter().filter_map(|run| ratio(run, server))));
        Row { title: format!("{}: {title}", part.title), medians: medians.collect(), ratios: ratios.collect() }
    };
    part.figures.iter().map(row).collect()
}

/// Returns the table.
pub fn markdown(servers: &[&str], rows: &[Row]) -> String {
    let ratios = servers.iter().skip(1).map(|peer| format!("{} : {peer}", servers[0]));
    let heads: Vec<String> = servers.iter().map(|name| (*name).to_owned()).chain(ratios).collect();
    let mut lines =
        vec![format!("| figure | {} |", heads.join(" | ")), format!("|---|{}", "---:|".repeat(heads.len()))];
    for row in rows {
        let cells: Vec<String> =
            row.medians.iter().chain(&row.ratios).map(|figure| figure.map_or("–".into(), shown)).collect();
        lines.push(format!("| {} | {} |", row.title, cells.join(" | ")));
    }
    lines.join("\n") + "\n"
}

/// Returns the median; that of an even number is the mean of the two in the middle.
fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    let upper = *figures.get(middle)?;
    Some(if figures.len().is_multiple_of(2) { (figures[middle - 1] + upper) / 2.0 } else { upper })
}

/// Returns a figure with three digits that mean something, or all before the point.
fn shown(figure: f64) -> String {
    if figure == 0.0 {
        return "0".into();
    }
    let digits = 2 - figure.abs().log10().floor() as i32;
    format!("{figure:.*}", usize::try_from(digits).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parts::PARTS;
    use super::*;

    #[test]
    fn ratios_are_those_of_the_same_run() {
        let rate = PARTS.iter().find(|part| part.name == "rate").expect("there is such a part");
        let run = |ours: f64, peer: Option<f64>| -> Measured {
            vec![Some(json!({ "p50_ms": ours })), peer.map(|peer| json!({ "p50_ms": peer }))]
        };
        let runs = [run(1.0, Some(2.0)), run(3.0, Some(4.0)), run(8.0, None)];
        let rows = rows(rate, &runs, 2);
        assert_eq!(
            (rows[0].medians.as_slice(), rows[0].ratios.as_slice()),
            (&[Some(3.0), Some(3.0)][..], &[Some(0.625)][..])
        );
        let table = markdown(&["relay", "other"], &rows[..1]);
        assert!(table.ends_with("p50 ms | 3.00 | 3.00 | 0.625 |\n"), "{table}");
    }

    #[test]
    fn figures_have_three_digits_that_mean_something() {
        for (figure, text) in [(0.0, "0"), (0.012_34, "0.0123"), (1.0, "1.00"), (99.96, "100.0"), (123_456.7, "123457")]
        {
            assert_eq!(shown(figure), text);
        }
    }
}
