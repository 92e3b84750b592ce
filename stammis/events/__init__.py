"""What providers call us with, as the rows we land: pure, without HTTP; whoever receives the call writes them down."""
