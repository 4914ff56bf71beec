use ratatui::style::Color;

use super::*;

/// Every style of a theme with its name. Taken apart without `..`, so that a new role cannot be forgotten here.
fn roles(theme: &Theme) -> Vec<(&'static str, Style)> {
    macro_rules! list {
        ($($role:ident),*; $($part:ident),*) => {{
            let Theme { name: _, plain: _, syntax, $($role),* } = theme;
            let Syntax { $($part),* } = syntax;
            let over = |style: &Style| theme.code_block.patch(*style);
            vec![$((stringify!($role), theme.text.patch(*$role))),*, $((stringify!($part), over($part))),*]
        }};
    }
    list!(
        text, muted, accent, user, assistant, heading, code, code_block, quote, link, added, revised, withdrawn,
        contested, assumption, question, finding, error, selection, highlight, border, focus, status;
        comment, keyword, string, constant, function, kind, variable, inserted, deleted
    )
}

/// The relative luminance of a colour of the 256-colour palette, as in WCAG 2.2; `missing` where none is set.
fn luminance(colour: Option<Color>, missing: u8) -> f64 {
    let index = match colour {
        None => missing,
        Some(Color::Indexed(index)) => index,
        Some(other) => panic!("{other:?} depends on the terminal"),
    };
    let channels = match index {
        0..16 => panic!("colour {index} depends on the terminal"),
        16..232 => {
            let cube = index - 16;
            [cube / 36, cube / 6 % 6, cube % 6].map(|step| if step == 0 { 0 } else { 55 + 40 * step })
        }
        232.. => [8 + 10 * (index - 232); 3],
    };
    let [red, green, blue] = channels.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The contrast ratio of WCAG 2.2, where the terminal itself writes `text` on `ground`.
fn contrast(style: Style, text: u8, ground: u8) -> f64 {
    let (a, b) = (luminance(style.fg, text), luminance(style.bg, ground));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_role_can_be_read_on_its_ground() {
    // A dark ground is black up to a very dark grey, a light one white down to a very light grey.
    let grounds =
        [("dark", 252, [16, 234], 4.5), ("light", 235, [231, 255], 4.5), ("high-contrast", 231, [16, 16], 7.0)];
    for (name, text, grounds, least) in grounds {
        for ground in grounds {
            for (role, style) in roles(Theme::named(name).unwrap()) {
                let contrast = contrast(style, text, ground);
                // Borders are no text; WCAG asks for 3 there.
                let least = if role == "border" { 3.0 } else { least };
                assert!(contrast >= least, "{name}: {role} on {ground} has a contrast of {contrast:.2}");
            }
        }
    }
}

#[test]
fn the_plain_theme_has_no_colour() {
    for (role, style) in roles(Theme::usual(true)) {
        assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None), "{role}");
    }
}

#[test]
fn themes_are_found_by_their_names() {
    for name in Theme::names() {
        assert_eq!(Theme::named(name).unwrap().name, name);
    }
    assert_eq!(Theme::named("solarized"), None);
    assert!(!Theme::usual(false).plain);
}

#[test]
fn what_is_selected_or_lit_up_differs_from_text_by_more_than_a_hue() {
    for theme in Theme::ALL {
        for style in [theme.selection, theme.highlight] {
            assert!(style.bg.is_some() || !style.add_modifier.is_empty(), "{}", theme.name);
        }
    }
}
