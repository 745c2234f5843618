"""Look at documents, each in a process of its own: what is wrong, and a copy for print."""
