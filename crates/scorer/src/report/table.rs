//! Tables for terminals, with warnings and notes below them.

use std::ops::Range;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, TableComponent, Width, presets};

use super::Sheet;

/// How a table is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// What it is drawn with.
    pub style: TableStyle,
    /// The width to fit into, in columns of the terminal: names and notes wrap, numbers never do. `None` for lines as
    /// long as they need to be.
    pub width: Option<u16>,
}

/// What a table is drawn with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableStyle {
    /// Only aligned columns: for files and pipes.
    #[default]
    Plain,
    /// A line of ASCII characters below the headings.
    Ascii,
    /// A line of box-drawing characters below the headings.
    Unicode,
}

impl TableStyle {
    fn line(self) -> Option<char> {
        match self {
            Self::Plain => None,
            Self::Ascii => Some('-'),
            Self::Unicode => Some('\u{2500}'),
        }
    }
}

/// How wide a name may be that is never wrapped.
const SHORT: u16 = 20;

/// What stays of a longer name on one line where there is little room, and where there is hardly any.
const NAME_MIN: u16 = 10;
const NAME_LEAST: u16 = 8;

/// Blanks between two columns of the table where there is room, and where there is not.
const GAPS: (u16, u16) = (2, 1);

/// The sheets one below the other, the warnings and the notes at the end. A report of one sheet needs no title.
pub(crate) fn render(sheets: &[Sheet], warnings: &[String], notes: &[String], options: TableOptions) -> String {
    let mut text = String::new();
    for sheet in sheets {
        if !text.is_empty() {
            text.push('\n');
        }
        if sheets.len() > 1 {
            text += &format!("{}\n\n", sheet.title.to_uppercase());
        }
        text += &table(sheet, options);
        if !sheet.note.is_empty() {
            text.push('\n');
            text += &list("", [&*sheet.note].into_iter(), options);
        }
    }
    for (mark, lines) in [("!", warnings), ("-", notes)] {
        if !lines.is_empty() {
            text.push('\n');
            text += &list(mark, lines.iter().map(String::as_str), options);
        }
    }
    text
}

/// The sheet as one table; or, where it is wider than the room, as several below each other that repeat its names.
fn table(sheet: &Sheet, options: TableOptions) -> String {
    let flat = filled(sheet, options, false);
    let room = options.width.unwrap_or(u16::MAX);
    let (wide, narrow) = GAPS;
    if least(&flat, sheet.names, wide, Gives::None) <= room {
        return drawn(flat, sheet, wide, Gives::None);
    }
    // Where there is no room for an interval beside its figure, there is below it.
    let stacked = filled(sheet, options, true);
    let tighter = [(wide, Gives::None), (narrow, Gives::Longest), (narrow, Gives::All)];
    let fitting = tighter.into_iter().find(|(gap, gives)| least(&stacked, sheet.names, *gap, *gives) <= room);
    let numbers = sheet.headings.len() - sheet.names;
    match fitting {
        Some((gap, gives)) => drawn(stacked, sheet, gap, gives),
        None if numbers < 2 => drawn(stacked, sheet, narrow, Gives::All),
        None => parts(sheet, &stacked, room).iter().map(|part| table(part, options)).collect::<Vec<_>>().join("\n"),
    }
}

/// Which names are broken where room is scarce; numbers never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gives {
    None,
    /// The longest ones, and those that are no names but essays.
    Longest,
    All,
}

impl Gives {
    /// How wide each column is at least, by its content.
    fn widths(self, content: &[u16], names: usize) -> impl Iterator<Item = u16> {
        let longest = content.iter().take(names).max().copied().unwrap_or_default();
        content.iter().enumerate().map(move |(column, width)| match self {
            Self::Longest if column < names && (*width == longest || *width > SHORT) => (*width).min(NAME_MIN),
            Self::All if column < names => (*width).min(NAME_LEAST),
            _ => *width,
        })
    }
}

/// The least width of a table with this gap between its columns.
fn least(table: &Table, names: usize, gap: u16, gives: Gives) -> u16 {
    let content = table.column_max_content_widths();
    let widths = gives.widths(&content, names);
    widths.fold(0_u16, |sum, width| sum.saturating_add(width.saturating_add(gap))).saturating_sub(gap)
}

/// The sheet in as few parts as there is room for, each with the names and about as wide as the others.
fn parts(sheet: &Sheet, stacked: &Table, room: u16) -> Vec<Sheet> {
    let content = stacked.column_max_content_widths();
    let widths: Vec<u16> = Gives::Longest.widths(&content, sheet.names).collect();
    let fewest = cuts(&widths, sheet.names, room).len();
    let even = (0..room).find(|room| cuts(&widths, sheet.names, *room).len() == fewest);
    let cut = |row: &[String], part: &Range<usize>| [&row[..sheet.names], &row[part.clone()]].concat();
    let parts = cuts(&widths, sheet.names, even.unwrap_or(room)).into_iter().map(|part| Sheet {
        headings: cut(&sheet.headings, &part),
        rows: sheet.rows.iter().map(|row| cut(row, &part)).collect(),
        ..sheet.clone()
    });
    parts.collect()
}

/// Which columns behind the names stand together in a part of this width; at least one in each.
fn cuts(widths: &[u16], names: usize, room: u16) -> Vec<Range<usize>> {
    let (_, gap) = GAPS;
    let added = |sum: u16, width: &u16| sum.saturating_add(width.saturating_add(gap));
    let repeated = widths.iter().take(names).fold(0, added);
    let mut cuts: Vec<Range<usize>> = Vec::new();
    let mut used = 0;
    for (column, width) in widths.iter().enumerate().skip(names) {
        used = added(used, width);
        match cuts.last_mut() {
            Some(part) if used.saturating_sub(gap) <= room => part.end = column + 1,
            _ => {
                cuts.push(column..column + 1);
                used = added(repeated, width);
            }
        }
    }
    cuts
}

fn drawn(mut table: Table, sheet: &Sheet, gap: u16, gives: Gives) -> String {
    let content = table.column_max_content_widths();
    let least: Vec<u16> = gives.widths(&content, sheet.names).collect();
    for (index, column) in table.column_iter_mut().enumerate() {
        let padding = if index + 1 < sheet.headings.len() { gap } else { 0 };
        column.set_padding((0, padding));
        if index >= sheet.names {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_constraint(if least[index] == content[index] {
            ColumnConstraint::ContentWidth
        } else {
            ColumnConstraint::LowerBoundary(Width::Fixed(least[index].saturating_add(padding)))
        });
    }
    lines_of(&table)
}

/// The sheet in a table; with intervals on a line of their own if they are to be `stacked`.
fn filled(sheet: &Sheet, options: TableOptions, stacked: bool) -> Table {
    let mut table = empty(options);
    table.load_preset(presets::NOTHING);
    if let Some(line) = options.style.line() {
        table.set_style(TableComponent::HeaderLines, line);
    }
    // A heading of several words stands on two lines, so that the numbers below it stay close together.
    let two_lines = |heading: &String| match heading.rsplit_once(' ') {
        Some((first, last)) => format!("{first}\n{last}"),
        None => heading.clone(),
    };
    let stack = |cell: &String| if stacked { cell.replace(" [", "\n[") } else { cell.clone() };
    table.set_header(sheet.headings.iter().map(two_lines));
    table.add_rows(sheet.rows.iter().map(|row| row.iter().map(stack)));
    table
}

/// Sentences as a list.
fn list<'a>(mark: &str, lines: impl Iterator<Item = &'a str>, options: TableOptions) -> String {
    let mut list = empty(options);
    list.load_preset(presets::NOTHING);
    list.add_rows(lines.map(|line| if mark.is_empty() { vec![line] } else { vec![mark, line] }));
    for (index, column) in list.column_iter_mut().enumerate() {
        column.set_padding((0, u16::from(index == 0 && !mark.is_empty())));
    }
    lines_of(&list)
}

/// A table that is laid out by the options alone, whatever this process is connected to.
pub(crate) fn empty(options: TableOptions) -> Table {
    let mut table = Table::new();
    table.force_no_tty();
    if let Some(width) = options.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table
}

/// Its lines, without the blanks that fill them up.
pub(crate) fn lines_of(table: &Table) -> String {
    table.lines().flat_map(|line| [line.trim_end().to_owned(), "\n".to_owned()]).collect()
}
