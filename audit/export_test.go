package audit

// WitnessDir is where a witness keeps its state.
func WitnessDir(w *Witness) string { return w.dir }
