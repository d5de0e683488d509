//! Reports as HTML pages: single files that load and run nothing, for wide and narrow windows, light and
//! dark.
//!
//! The same arguments give the same bytes. Names from outside are escaped.

mod chart;
mod curves;
mod features;
mod grid;
mod html;
mod model;
mod pictures;
mod scale;
mod tested;

pub use curves::{Epoch, History};
pub use grid::grid;
pub use model::{Model, model};
pub use tested::Tested;
