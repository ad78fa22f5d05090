"""What the command line says and is asked: the names of its options, its complaints."""
