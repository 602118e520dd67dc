//! Regions: a pattern without some others.

use std::fmt;

use super::{Concrete, covers, witness};
use crate::resource::{Resource, ResourceRef};

/// The resources that a pattern matches and none of its exceptions does.
///
/// It is kept normalized: exceptions lie inside the pattern (save for those whose
/// intersection with it splits), one that cuts nothing, or nothing that another one does
/// not cut, is dropped, and the rest are sorted. Normalizing is quadratic in their number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    pattern: Concrete,
    except: Vec<Concrete>,
}

impl From<Concrete> for Region {
    fn from(pattern: Concrete) -> Self {
        Self {
            pattern,
            except: Vec::new(),
        }
    }
}

impl Region {
    /// The region of a pattern without some others, normalized.
    #[must_use]
    pub fn new(pattern: Concrete, except: Vec<Concrete>) -> Self {
        let mut region = Self::from(pattern);
        for cut in except {
            region.cut(cut);
        }
        region
    }

    /// What is in it, but for the exceptions.
    #[must_use]
    pub fn pattern(&self) -> &Concrete {
        &self.pattern
    }

    /// What is cut out, sorted.
    #[must_use]
    pub fn except(&self) -> &[Concrete] {
        &self.except
    }

    /// Whether a resource lies in it.
    #[must_use]
    pub fn contains<'r>(&self, resource: impl Into<ResourceRef<'r>>) -> bool {
        let resource = resource.into();
        self.pattern.matches(resource) && !self.except.iter().any(|cut| cut.matches(resource))
    }

    /// Whether nothing lies in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        covers(&self.except, &self.pattern)
    }

    /// Some resource that lies in it; `None` exactly when it is empty.
    #[must_use]
    pub fn witness(&self) -> Option<Resource> {
        witness(&self.pattern, &self.except)
    }

    /// What two regions share, as a union of nonempty disjoint regions; `None` when their
    /// patterns split too far ([`Concrete::intersect`]).
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Vec<Self>> {
        let shared = self.pattern.intersect(&other.pattern)?;
        let mut except = self.except.clone();
        except.extend_from_slice(&other.except);
        Some(
            shared
                .into_iter()
                .map(|pattern| Self::new(pattern, except.clone()))
                .filter(|region| !region.is_empty())
                .collect(),
        )
    }

    /// What is left without a pattern; it may be empty.
    #[must_use]
    pub fn minus(&self, cut: &Concrete) -> Self {
        let mut left = self.clone();
        left.cut(cut.clone());
        left
    }

    /// What is left without another region, as a union of nonempty regions; `None` when
    /// patterns split too far ([`Concrete::intersect`]).
    #[must_use]
    pub fn without(&self, other: &Self) -> Option<Vec<Self>> {
        let mut left = vec![self.minus(&other.pattern)];
        for kept in &other.except {
            left.extend(self.intersect(&Self::from(kept.clone()))?);
        }
        left.retain(|region| !region.is_empty());
        Some(left)
    }

    /// Whether everything that lies in `other` lies in this one. When patterns split too
    /// far to tell, the answer is no.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        let mut known = other.except.clone();
        known.push(self.pattern.clone());
        covers(&known, &other.pattern)
            && self.except.iter().all(|cut| {
                other.pattern.intersect(cut).is_some_and(|shared| {
                    shared.iter().all(|pattern| covers(&other.except, pattern))
                })
            })
    }

    /// Cuts a pattern out, and keeps the exceptions few and sorted.
    fn cut(&mut self, cut: Concrete) {
        let cut = match self.pattern.intersect(&cut).as_deref() {
            Some([]) => return,
            Some([inside]) => inside.clone(),
            Some(_) | None => cut,
        };
        if self.except.iter().any(|other| other.includes(&cut)) {
            return;
        }
        self.except.retain(|other| !cut.includes(other));
        let at = self.except.partition_point(|other| *other < cut);
        self.except.insert(at, cut);
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pattern.fmt(f)?;
        for (at, cut) in self.except.iter().enumerate() {
            f.write_str(if at == 0 { " except " } else { ", " })?;
            cut.fmt(f)?;
        }
        Ok(())
    }
}
