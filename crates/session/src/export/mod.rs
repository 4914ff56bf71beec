//! A chat in other formats: to read, to pass on, and to measure.

mod changes;
mod html;
mod markdown;
mod sample;
mod shown;
mod transcript;

pub use html::html;
pub use markdown::markdown;
pub use sample::sample;
pub use transcript::transcript;

#[cfg(test)]
mod tests;
