"""The only package that opens sockets: the Hub's HTTP API as typed facts."""
