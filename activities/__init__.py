"""The side effects that the workflows name: deciding and charging, sending, telling the agency."""
