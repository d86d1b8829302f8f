//! Room of the house: server.
