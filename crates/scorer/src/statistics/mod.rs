//! How sure the figures are: resampling, tests of differences, and what a sample of this size can show. What a seed
//! determines does not depend on the number of threads.

mod bootstrap;
mod draws;
mod holm;
mod power;
mod sign_flip;
mod wilson;

pub(crate) use bootstrap::{Bootstrap, Column, UNDEFINED};
pub(crate) use holm::holm;
pub(crate) use power::{POWER, minimum_detectable};
pub(crate) use sign_flip::{EXACT, sign_flip};
pub(crate) use wilson::wilson;
