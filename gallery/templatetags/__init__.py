"""What templates of the gallery can say."""
