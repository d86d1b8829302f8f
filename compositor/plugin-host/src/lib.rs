//! Room of the house: plugin-host.
