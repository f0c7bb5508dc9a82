def recognises(r): return False
