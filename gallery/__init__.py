"""What you have: albums, photos, analyses, retouches."""
