//! Small parts that several screens share.

pub mod digits;
pub mod field;
pub mod form;
pub mod keeping_banner;
pub mod keeping_choice;
pub mod new_passphrase;
pub mod qr;
pub mod radio;
pub mod recovery_code;
pub mod said;
pub mod sheet;
pub mod status;
pub mod talk_link;
pub mod terms_choice;
pub mod tick;
pub mod title;
