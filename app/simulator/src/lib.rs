//! Talks and a relay joined in memory, in virtual time.
