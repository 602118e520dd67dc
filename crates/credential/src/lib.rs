//! Task-scoped credentials: what an agent holds, that only narrows, that ends with its
//! task, and that leaves a trail.
//!
//! [`Service`](service::Service) issues, delegates, authorizes and revokes on a
//! [`Store`](store::Store) and writes an [audit]. It takes the time as an input and
//! reads no clock; whoever calls it vouches for identities, groups and facts, and is never
//! an agent.

pub mod audit;
pub mod id;
pub mod keys;
mod needs;
pub mod revocation;
pub mod service;
pub mod store;
pub mod token;
