//! Everyone who can be built together: the same rules and requests, each in the form that
//! its own documentation recommends.

#[cfg(feature = "peers")]
mod casbin;
#[cfg(feature = "peers")]
mod cedar;
mod floor;
mod placet;
#[cfg(feature = "peers")]
mod regorus;

use placet_bench::contestant::Contestant;

/// All of them, the floor first and Placet second.
pub const ALL: &[Contestant] = &[
    floor::FLOOR,
    placet::PLACET,
    #[cfg(feature = "peers")]
    regorus::REGORUS,
    #[cfg(feature = "peers")]
    cedar::SLICED,
    #[cfg(feature = "peers")]
    cedar::CEDAR,
    #[cfg(feature = "peers")]
    casbin::CASBIN,
];
