NAME = "Ada"


def greeting():
    return "Ada speaking, the library."
