"""How requests come in and answers go out: slow ones wait in one loop, and whole ones alone get a thread."""
