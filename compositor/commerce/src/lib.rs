//! Room of the house: commerce.
