"""Who is who: names, look-alikes and the nearest popular repository."""
