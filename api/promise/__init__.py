"""What a drop can still promise to one cart, as an estimate: pure functions over the drop and what its orders need."""
