//! Room of the house: audio.
