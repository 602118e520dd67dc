//! Values, requests, decisions, patterns and the frozen policy.
