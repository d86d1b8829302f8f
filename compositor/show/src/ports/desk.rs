//! The desk: commands from people and programs to the show, and the snapshot they see of it.
