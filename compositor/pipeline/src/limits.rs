//! Every bound of this room: its unit, and why it is that much.

use std::time::Duration;

/// Pixels across or down that an input may have. A picture of 8K would take a third of a second to convert.
pub const INPUT_SIDE_MAX: u32 = 4096;
/// Threads per software decoder: four cameras share two cores, more threads only add delay.
pub const DECODER_THREADS: i32 = 2;
/// Decoded pictures that wait for their instant: one being made while two wait evens out slow key pictures.
pub const DECODED_PICTURES: u32 = 3;
/// How far ahead of its instant a picture reaches its slot, so that a tick never misses it by scheduling jitter.
pub const PICTURE_LEAD: Duration = Duration::from_millis(25);
/// How far ahead of its instant sound reaches its lane: a mixer needs a whole block before the block begins.
pub const SOUND_LEAD: Duration = Duration::from_millis(100);
/// Delay given to a live source above its fastest picture: covers the usual network jitter.
pub const LIVE_MARGIN: Duration = Duration::from_millis(30);
/// A jump in a live source's stamps beyond this is a new beginning, not jitter.
pub const LIVE_JUMP: Duration = Duration::from_secs(1);
/// Nanoseconds per buffer by which the delay of a live source shrinks when it has become too long: inaudible.
pub const LIVE_CREEP_NS: i64 = 20_000;
/// A network source that sends nothing for this long is dialled again.
pub const STALL: Duration = Duration::from_secs(2);
/// Milliseconds between two looks of an SRT element at whether it is to stop.
pub const SRT_POLL_MS: i32 = 100;
/// How often an SRT listener's door looks whether it is to close, when nobody calls.
pub const DOOR_LOOK: Duration = Duration::from_millis(100);
/// Bytes of the largest datagram that an SRT peer sends: an Ethernet frame's worth.
pub const DATAGRAM_BYTES: usize = 1500;
/// A source that is dialled and never answers is dialled again.
pub const CONNECT: Duration = Duration::from_secs(10);
/// An input silent for this long says `Frozen`.
pub const FROZEN: Duration = Duration::from_millis(500);
/// First wait before an input is started again.
pub const INPUT_RETRY_FIRST: Duration = Duration::from_millis(250);
/// Longest wait before an input is started again.
pub const INPUT_RETRY_MAX: Duration = Duration::from_secs(5);
/// Growth of the wait from try to try, inputs and outputs alike.
pub const RETRY_FACTOR: f64 = 1.5;
/// First wait before an output is started again.
pub const OUTPUT_RETRY_FIRST: Duration = Duration::from_secs(2);
/// Longest wait before an output is started again.
pub const OUTPUT_RETRY_MAX: Duration = Duration::from_secs(30);
/// Random part of an output's wait, of the wait: many studios must not dial a recovered server in step.
pub const RETRY_JITTER: f64 = 0.2;
/// How often a supervisor looks at its orders while it waits for its pipeline.
pub const SUPERVISE: Duration = Duration::from_millis(40);
/// How long a supervisor waits for a pipeline to be taken apart before it goes on without it.
pub const RETIRE_WAIT: Duration = Duration::from_secs(1);
/// Orders that may wait for one input: a person can't give more between two looks.
pub const COMMANDS: usize = 16;
/// An output that takes nothing for this long is treated as dead.
pub const OUTPUT_STALL: Duration = Duration::from_secs(4);
/// How often a connection's acknowledgements are looked at.
pub const EGRESS_LOOK: Duration = Duration::from_millis(500);
/// A server that acknowledges nothing for this long while bytes wait reads nothing; with the second that its own
/// buffer takes to fill, that is noticed within five.
pub const EGRESS_STALL: Duration = Duration::from_secs(3);
/// Encoded span that may wait for a live output; beyond it a whole group of pictures goes.
pub const PACKETS_LIVE: Duration = Duration::from_secs(3);
/// Encoded span that may wait for a file: a busy disk pauses for seconds and must cost no picture.
pub const PACKETS_FILE: Duration = Duration::from_secs(10);
/// Bytes that may wait for one output, whatever their span.
pub const PACKET_BYTES: usize = 16 << 20;
/// Bytes handed to an output's pipeline and not yet taken by its sink.
pub const OUTPUT_PENDING_BYTES: u64 = 2 << 20;
/// An encoder that takes pictures and gives none back for this long is made anew.
pub const ENCODER_STALL: Duration = Duration::from_secs(3);
/// Pictures inside the encoder's own queue: the lane before it is the one that drops and counts.
pub const ENCODER_PICTURES: u64 = 2;
/// Pictures inside a monitor's or virtual camera's pipeline: two hide jitter, more would only be delay.
pub const RAW_PICTURES: u64 = 2;
/// Requests for a key picture are honoured at most this often: each costs many bits.
pub const KEYFRAME_REQUEST: Duration = Duration::from_millis(500);
/// Time given to outputs to finish their files and say goodbye.
pub const DRAIN: Duration = Duration::from_secs(4);
/// Length of a recording's fragments: what a power cut can cost.
pub const FRAGMENT: Duration = Duration::from_millis(500);
/// Room that must be on a disk before a recording is begun again after the disk was full.
pub const RECORD_ROOM_BYTES: usize = 8 << 20;
/// Things that happen in one stream and are kept for its playlist: six hours of a busy show, 4 MB.
pub const DATE_RANGES_MAX: usize = 20_000;
/// Segments kept on disk after they left the playlist, for players that are behind.
pub const HLS_SEGMENTS_KEPT: usize = 4;
/// Time given to the decoding of one still picture.
pub const STILL: Duration = Duration::from_secs(20);
