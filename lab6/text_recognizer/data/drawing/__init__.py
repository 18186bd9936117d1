"""What data sets share whose examples are made when they are taken, anew in each epoch."""
