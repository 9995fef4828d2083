//! Small parts that several screens share.

pub mod digits;
pub mod field;
pub mod qr;
pub mod said;
pub mod sheet;
pub mod status;
