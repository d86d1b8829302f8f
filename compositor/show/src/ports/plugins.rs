//! Plugins: what the show tells them, and what they propose.
