"""One request of each benign class and each attack family: what is asked, what is answered, with which parameters."""
