//! Servers as they are, and as they might be.

#[cfg(test)]
mod drift;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod readers;
mod schemas;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod support;
