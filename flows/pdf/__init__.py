"""What is done to PDFs both by day and by night."""
