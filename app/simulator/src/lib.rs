//! Talks and a relay joined in memory, in virtual time, with an interface that reads like a story.
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

mod queue;
mod world;

pub use world::{Person, World};
