//! Who is at the table, folded from what was said.

mod agreed;
mod convener_admits;
mod departed;
mod model;
mod people;
mod two_sides;
