//! The house checks itself: edges, sizes, docs.
