//! Pages for people: one file each, that loads nothing, runs nothing, and is readable on a phone and in the
//! dark.
//!
//! A page is a function of what it is given, to the byte. What names come from outside are escaped.

mod chart;
mod curves;
mod grid;
mod html;
mod model;
mod pictures;
mod png;
mod scale;
mod tested;

pub use curves::{Epoch, History};
pub use grid::{Grid, grid};
pub use model::{Model, model};
pub use tested::Tested;
