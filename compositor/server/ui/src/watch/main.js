// The watch page's start.
