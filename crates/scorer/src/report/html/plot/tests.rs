//! Whatever the figures are, a plot stays inside its frame.

use proptest::prelude::*;

use super::*;

/// Any figure, mostly from 0 to 100.
fn figure() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0..=100.0_f64, 1 => -1e6..1e6_f64]
}

fn setting() -> impl Strategy<Value = String> {
    prop_oneof![Just("full".to_owned()), Just("sharded".to_owned()), any::<String>()]
}

/// Every position in the SVG, with the size of the whole.
fn stays_inside(canvas: &Canvas) -> Result<(), TestCaseError> {
    let svg = canvas.svg().unwrap();
    let number = |attribute: &str, from: &str| {
        from.split_once(&format!(" {attribute}=\"")).and_then(|(_, rest)| rest.split_once('"')?.0.parse::<f64>().ok())
    };
    let (width, height) = (number("width", &svg).unwrap(), number("height", &svg).unwrap());
    prop_assert!(width > 100.0 && height > 50.0);
    for mark in svg.split('<').skip(2) {
        for (attribute, most) in
            [("x1", width), ("x2", width), ("x", width), ("y1", height), ("y2", height), ("y", height)]
        {
            if let Some(at) = number(attribute, mark) {
                prop_assert!((-1.0..=most + 1.0).contains(&at), "{attribute} of <{mark} in {width} by {height}");
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn dot_plots(dots_ in prop::collection::vec((setting(), figure(), prop::option::of((figure(), figure()))), 1..12), name in any::<String>()) {
        let row = |(setting, value, interval): &(String, f64, Option<(f64, f64)>)| Dot { setting: setting.clone(), value: *value, interval: *interval };
        let rows = vec![DotRow { name: name.clone(), dots: dots_.iter().map(row).collect() }];
        stays_inside(&dots("made", "axis", &[DotGroup { heading: name, rows }], 100.0))?;
    }

    #[test]
    fn box_plots(held in prop::collection::vec((setting(), figure(), figure(), figure()), 1..12), name in any::<String>()) {
        let boxed = |(setting, low, high, mean): &(String, f64, f64, f64)| Boxed { setting: setting.clone(), low: *low, high: *high, mean: *mean };
        let groups = vec![BoxGroup { name: name.clone(), boxes: held.iter().map(boxed).collect() }];
        stays_inside(&boxes("made", "axis", &[BoxPanel { heading: name, groups }]))?;
    }

    #[test]
    fn scatters(spots in prop::collection::vec((any::<String>(), setting(), figure(), figure()), 1..12)) {
        let spot = |(model, setting, x, y): &(String, String, f64, f64)| Spot { model: model.clone(), setting: setting.clone(), x: *x, y: *y };
        let panel = || Panel { axis: "axis".to_owned(), spots: spots.iter().map(spot).collect() };
        stays_inside(&scatter("made", "P", &[panel(), panel(), panel()]))?;
    }

    #[test]
    fn reliability_diagrams(bins in prop::collection::vec((0.0..=1.0_f64, 0.0..=1.0_f64, any::<usize>()), 0..10), count in 1_usize..8) {
        let bin = |(confidence, accuracy, attempts): &(f64, f64, usize)| Bin { from: 0.2, to: 0.3, confidence: *confidence, accuracy: *accuracy, attempts: *attempts };
        let diagram = |_| Diagram { heading: "made".to_owned(), setting: "full".to_owned(), bins: bins.iter().map(bin).collect() };
        stays_inside(&reliability("made", &(0..count).map(diagram).collect::<Vec<_>>()))?;
    }
}

#[test]
fn a_curve() {
    let points = [(10.0, 30.0, 4), (30.0, 60.5, 2)].map(|(position, score, runs)| CurvePoint { position, score, runs });
    let canvas =
        curves("Made & <drawn>", ["x", "y"], &[Curve { setting: "sharded".to_owned(), points: points.into() }]);
    insta::assert_snapshot!(canvas.svg().unwrap());
}

#[test]
fn settings_of_one_plot_look_different() {
    let names = [
        "full",
        "concat",
        "shuffle-concat",
        "sharded",
        "recap",
        "snowball",
        "user-only",
        "ergo",
        "free-rewrite",
        "mediated",
        "a",
        "b",
        "c",
    ];
    let legend = series::Legend::new(names.into_iter().chain(names));
    assert_eq!(legend.series().len(), names.len());
    let mut looks: Vec<_> = legend.series().iter().map(|series| (series.shape, series.filled)).collect();
    looks.sort_unstable();
    looks.dedup();
    assert_eq!(looks.len(), names.len());
    let mut dashes: Vec<_> =
        legend.series().iter().filter(|series| !series.dash.is_empty()).map(|series| series.dash).collect();
    let all = dashes.len();
    dashes.sort_unstable();
    dashes.dedup();
    assert_eq!(dashes.len(), all);
}
