"""Text as it may come from a caller, a service or a server that means no good."""

HOSTILE = (
    "<b>bold</b> & <i>not</i>",
    "alice<table>.evil",
    "<img src='file:///etc/passwd'>",
    "<a href='http://127.0.0.1/x'>click</a>",
    "<script>alert(1)</script>",
    "<table><tr><td>" * 20,
    "&lt;b&gt;already escaped&amp;",
    "user\u202egpj.exe \u2066isolated\u2069",
    "zero\u200bwidth\u200cjoined\ufeff",
    "שלום עולם, مرحبا بالعالم, mixed",
    "😀👩‍🚀🏳️‍🌈 e\u0301\u0327\u0308" + "\u0301" * 200,
    "line\nbreak\r\nand\ttab\x0b\x0c\x1b[31mred\x00",
    "%s %d {0} {name} \\x41",
    "a" * 10_000,
    "word " * 2_000,
    "𐍈" * 3_000,
    "",
)
