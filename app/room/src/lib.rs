//! The MLS engine of one room, without IO.
