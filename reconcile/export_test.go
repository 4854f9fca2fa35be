package reconcile

// SetPage makes a store judge n lines a transaction.
func SetPage(s *Store, n int) { s.page = n }
