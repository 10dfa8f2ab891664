"""The parts of a report, a file each: from what is stored to a section of the document."""
