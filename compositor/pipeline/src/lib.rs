//! Room of the house: pipeline.
