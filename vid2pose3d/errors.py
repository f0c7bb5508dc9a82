"""The one error that a user's input may cause; the command line turns it into exit code 2."""


class InputError(Exception):
    """Something the user gave cannot be used.

    The message is one line that names the file or option, its value and the cure. `cli` prints it without a
    traceback and exits with code 2.
    """
