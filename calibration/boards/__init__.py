"""What is printed: plates, ChArUco board, registration board."""
