//! A terminal on which lines keep the place that they once found.

use std::ops::Range;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// A backend that knows where the cursor is without asking the terminal, which would wait in vain while its events are
/// read; and that keeps the size at which lines found their place, so that nobody looks for another one in between.
#[derive(Debug)]
pub struct Anchored<B> {
    inner: B,
    size: Option<Size>,
    cursor: Position,
}

impl<B> Anchored<B> {
    /// With a size that stays; without one it is what the terminal says. `cursor` is where the cursor is now.
    pub fn new(inner: B, size: Option<Size>, cursor: Position) -> Self {
        Self { inner, size, cursor }
    }
}

impl<B: Backend> Backend for Anchored<B> {
    type Error = B::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> Result<(), B::Error> {
        self.inner.draw(content)
    }

    fn append_lines(&mut self, count: u16) -> Result<(), B::Error> {
        self.inner.append_lines(count)
    }

    fn hide_cursor(&mut self) -> Result<(), B::Error> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), B::Error> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, B::Error> {
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), B::Error> {
        self.cursor = position.into();
        self.inner.set_cursor_position(self.cursor)
    }

    fn clear(&mut self) -> Result<(), B::Error> {
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), B::Error> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> Result<Size, B::Error> {
        self.size.map_or_else(|| self.inner.size(), Ok)
    }

    fn window_size(&mut self) -> Result<WindowSize, B::Error> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), B::Error> {
        self.inner.flush()
    }

    fn scroll_region_up(&mut self, region: Range<u16>, count: u16) -> Result<(), B::Error> {
        self.inner.scroll_region_up(region, count)
    }

    fn scroll_region_down(&mut self, region: Range<u16>, count: u16) -> Result<(), B::Error> {
        self.inner.scroll_region_down(region, count)
    }
}
