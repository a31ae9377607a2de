//! Which trusted roots hold today? For now those that are embedded and those in files.
