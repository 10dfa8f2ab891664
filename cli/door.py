"""Where the command begins: Ctrl-C ends it in one line, even while the command line itself is loaded."""

import sys


def main() -> None:
    try:
        from cli.line import main as command_line

        command_line()
    except KeyboardInterrupt:
        sys.stderr.write("candorcast: interrupted\n")
        sys.exit(130)
