//! Room of the house: show.
