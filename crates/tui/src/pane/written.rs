//! A reply as rows, which grow with it.

use throughline_session::{Lane, Reply};

use crate::markdown::Rendered;
use crate::text::Row;
use crate::theme::Theme;

/// So many lines of code are coloured in a frame.
const LINES_COLOURED: usize = 40;

/// A reply as far as it was rendered: more of it is appended.
#[derive(Debug)]
pub(crate) struct Written {
    rendered: Rendered,
    /// How much of its text that is, in bytes.
    bytes: usize,
    which: Which,
}

/// Which of a turn's replies it is: its lane, and how many there were before.
pub(crate) type Which = (Lane, usize);

impl Written {
    /// The reply as it is now, out of what was rendered of it before.
    pub(crate) fn of(reply: &Reply, which: Which, former: Option<Self>, width: u16, theme: &'static Theme) -> Self {
        let mut written = former.filter(|former| former.which == which).unwrap_or_else(|| {
            let rendered = Rendered::new(width, theme);
            Self { rendered, bytes: 0, which }
        });
        written.rendered.show(width, theme);
        // Replies only grow.
        written.rendered.push(reply.text.get(written.bytes..).unwrap_or_default());
        written.bytes = reply.text.len();
        if !reply.is_open() {
            written.rendered.catch_up();
        }
        written
    }

    /// Its rows.
    pub(crate) fn rows(&self) -> &[Row] {
        self.rendered.rows()
    }

    /// Gives its code a little more of its colours, and tells whether there is more to come.
    pub(crate) fn colour(&mut self) -> bool {
        self.rendered.colour(LINES_COLOURED)
    }
}
