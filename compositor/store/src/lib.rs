//! Room of the house: store.
