"""`python -m bedboard`"""

from bedboard.cli import main

main()
