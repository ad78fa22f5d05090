"""What the words of a command line stand for as inputs: files, standard input, addresses, videos."""
