"""What happens to a picture: a library behind the facade `retoucher`, and its staff side."""
