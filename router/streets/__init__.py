"""What router/roads.py is made of: who may use a street, the streets of an extract, turns, and snapping."""
