"""What is there for a while: visits, each with a beginning and an end, and one id from one to the other."""
