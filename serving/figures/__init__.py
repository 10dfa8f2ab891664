"""The charts of the app, a file for each subject, in one look."""
