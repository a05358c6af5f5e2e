NAME = "Bob"


def greeting():
    return "This is Bob, at the garage."
