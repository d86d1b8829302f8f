// The host page's start.
