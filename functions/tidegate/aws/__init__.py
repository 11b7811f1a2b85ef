"""The only place that builds AWS clients, and every port of ports.py over them."""
