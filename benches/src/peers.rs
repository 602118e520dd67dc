//! Everyone who can be built together: the same rules and requests, each in the form that
//! its own documentation recommends.

#[cfg(feature = "peers")]
mod casbin;
#[cfg(feature = "peers")]
mod cedar;
mod floor;
pub mod placet;
#[cfg(feature = "peers")]
mod regorus;

use crate::contestant::Contestant;

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
    Contestant {
        name: "Dogwood",
        form: "as Cedar, over a schema and with a memory of events; a prebuilt request is an event with its entities",
        how: crate::contestant::How::Apart("placet-bench-dogwood"),
    },
    #[cfg(feature = "peers")]
    casbin::CASBIN,
];
