"""Find faces, landmarks and skin; cut the aligned crop and undo the cut."""
