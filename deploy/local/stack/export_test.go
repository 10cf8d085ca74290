package stack

// PathOf names a host's namespace for other programs.
func PathOf(h *Host) string { return h.path }
