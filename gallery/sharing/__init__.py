"""Sharing: roles on albums, share links and their guests, proofing, sitters' consent."""
