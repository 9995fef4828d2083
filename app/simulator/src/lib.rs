//! Everything but the browser joined in memory, in virtual time: whole talks for scenarios that read like a story,
//! and rooms alone, in [`rooms`], for thousands of schedules of faults drawn from seeds.
//!
//! ```
//! use record::Role;
//! use simulator::World;
//!
//! let mut world = World::new(1);
//! let amina = world.opens("Transit corridor", "Amina", "Mediator");
//! let leyla = world.joins(amina, "Leyla", "North", Role::Head);
//! world.writes(amina, "Good morning.");
//! world.settles();
//! assert_eq!(world.reads(leyla), ["Good morning."]);
//! ```

mod disk;
pub mod kept;
mod queue;
pub mod rooms;
mod world;

use room::Millis;

pub use world::{Death, Person, World};
