"""Snapshots of an installation: accepted, trained, judged, promoted and rolled back."""
