//! The shop: stock, holds and orders, as server and plugins reach them.
