"""Dropwright's router: a drop in, a checked plan out. Knows stock, hubs, couriers and money; never a contract."""
