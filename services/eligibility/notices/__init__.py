"""Notices: every decision with its reasons, article by article, as a page to print (C-54, C-56)."""
