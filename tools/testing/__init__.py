"""What ./test is made of. Start in main.py."""
